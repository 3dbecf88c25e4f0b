//! Inputs that are the same every time: mutations of a target's corpus, drawn from a seed.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// What all mutations are drawn from.
const SEED: u64 = 0x10C1;

/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 40] = [
    b"%",
    b"%00",
    b"%ff",
    b"+",
    b"&",
    b"=",
    b"#",
    b"?",
    b"/",
    b"../",
    b"//",
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"9223372036854775807",
    b"253402300799",
    b"<",
    b"]]>",
    b"&#0;",
    b"\xff",
    b"\xc3",
    "\u{202E}".as_bytes(),
    "\u{200B}".as_bytes(),
    "٢".as_bytes(),
    "Ｙ".as_bytes(),
    "👍".as_bytes(),
    "\u{FEFF}".as_bytes(),
];

/// The longest input that is made.
const LENGTH_MAX: usize = 4_096;

/// Whether libFuzzer draws the inputs.
pub(crate) fn is_under_libfuzzer() -> bool {
    env::var_os("BOLERO_LIBFUZZER_ARGS").is_some()
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Tries `property` on `count` mutations of the corpus of the target `name`.
pub(crate) fn mutations(name: &str, count: u64, property: fn(&[u8])) {
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "{name} has no corpus");
    let mut chance = Chance(setting("FUZZ_SEED", SEED));
    for nth in 0..count * setting("FUZZ_TIMES", 1) {
        let input = chance.mutation(&corpus);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(&input))) {
            let why = panic.downcast_ref::<String>().cloned();
            let why = why.or_else(|| panic.downcast_ref::<&str>().map(|why| (*why).to_owned()));
            let least = shrunk(input, property);
            panic!("{name}, input {nth}: {}\n  on b\"{}\"", why.unwrap_or_default(), least.escape_ascii());
        }
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/__fuzz__").join(name).join("corpus");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Leaves out what can be left out without making the failure go away.
fn shrunk(mut input: Vec<u8>, property: fn(&[u8])) -> Vec<u8> {
    let mut size = input.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < input.len() {
            let shorter = [&input[..at], &input[(at + size).min(input.len())..]].concat();
            if catch_unwind(AssertUnwindSafe(|| property(&shorter))).is_err() {
                input = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    input
}

/// `SplitMix64`: small, and the same on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let drawn = self.next() % u64::try_from(end.max(1)).unwrap();
        usize::try_from(drawn).unwrap()
    }

    fn of<'a>(&mut self, corpus: &'a [Vec<u8>]) -> &'a [u8] {
        &corpus[self.below(corpus.len())]
    }

    /// One of the corpus, changed in one to five places.
    fn mutation(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.of(corpus).to_vec();
        for _ in 0..=self.below(5) {
            let at = self.below(input.len() + 1);
            let end = (at + 1 + self.below(8)).min(input.len());
            match self.below(8) {
                0 if at < input.len() => input[at] = u8::try_from(self.below(256)).unwrap(),
                1 if at < input.len() => input[at] ^= 1 << self.below(8),
                2 => drop(input.drain(at..end)),
                3 => input.truncate(at),
                4 => {
                    let again = input[at..end].to_vec();
                    drop(input.splice(at..at, again));
                }
                5 => {
                    let other = self.of(corpus);
                    input.truncate(at);
                    input.extend(&other[self.below(other.len() + 1)..]);
                }
                6 => {
                    let shift = self.below(10);
                    let digit = input[at..].iter().position(u8::is_ascii_digit).map(|digit| at + digit);
                    if let Some(digit) = digit {
                        input[digit] = b'0' + u8::try_from(shift).unwrap();
                    }
                }
                _ => drop(input.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())),
            }
        }
        input.truncate(LENGTH_MAX);
        input
    }
}
