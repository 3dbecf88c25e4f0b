//! stub
/// a
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer { /// g
 Good, /// b
 Bad, /// u
 Unclear }
