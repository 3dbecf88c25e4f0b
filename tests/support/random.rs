//! Numbers, PINs and words that no other test has.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

/// Area codes of the North American plan that no price list treats apart.
const AREAS: [&str; 8] = ["212", "312", "415", "503", "617", "702", "808", "919"];

static DRAWN: AtomicU64 = AtomicU64::new(0);
static BEGINNING: LazyLock<u64> = LazyLock::new(draw);

/// 64 bits of chance.
#[must_use]
pub fn draw() -> u64 {
    getrandom::u64().expect("the system has chance")
}

/// A telephone number that nobody else has in this run: the counter keeps it apart within a process, chance between two.
#[must_use]
pub fn number() -> String {
    let nth = BEGINNING.wrapping_add(DRAWN.fetch_add(1, Ordering::Relaxed));
    let area = AREAS[usize::try_from(*BEGINNING % 8).expect("below 8")];
    // 200 to 899: 976 is a premium exchange.
    let exchange = 200 + (nth / 10_000) % 700;
    format!("+1{area}{exchange}{:04}", nth % 10_000)
}

/// A number of `digits` digits, the first of them not zero.
#[must_use]
pub fn digits(digits: u32) -> String {
    let low = 10_u64.pow(digits - 1);
    format!("{}", low + draw() % (9 * low))
}

/// Ten letters.
#[must_use]
pub fn letters() -> String {
    let mut chance = draw();
    let mut word = String::new();
    for _ in 0..10 {
        word.push(char::from(b'a' + u8::try_from(chance % 26).expect("below 26")));
        chance /= 26;
    }
    word
}
