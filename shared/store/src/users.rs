//! Users by address, and the list of them.

use lucius_core::id::UserId;

use crate::{api::Page, attribute::number, dynamo::DynamoStore, error::StoreError, keys, lists::id_in};

impl DynamoStore {
    pub(crate) async fn holder_of_email(&self, email: &str) -> Result<Option<UserId>, StoreError> {
        let item = self.item(keys::user_email(&self.ring, email)).await?;
        Ok(item.and_then(|item| number::<u64>(&item, "holder")?.try_into().ok()))
    }

    pub(crate) async fn all_users(&self, page: u32, per_page: u32) -> Result<Page<UserId>, StoreError> {
        let list = keys::user_list();
        let (items, total) = self.page(&list, keys::USERS, page, per_page).await?;
        Ok(Page { items: items.iter().filter_map(|item| id_in(item, keys::USERS)).collect(), total })
    }
}
