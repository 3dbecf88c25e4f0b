//! What the API's functions share: reading fields, and the probe settings as they are shown.

pub mod fields;
pub mod settings;

pub use fields::Patch;
pub use settings::ProbeSettingsView;

/// How many entries a page of a list has.
pub const PER_PAGE: u32 = 100;
