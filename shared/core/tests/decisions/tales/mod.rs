//! Whole stories, compared word by word with what people read, hear and find in the timeline (`*.txt` beside this file).
//!
//! Read a file that has changed as somebody would who is frightened: a sentence that is odd to them is a defect. Then
//! `UPDATE_EXPECT=1 cargo nextest run -p lucius-core tales` takes it over.

mod answers;
mod carriers;
mod changes;
mod codes;
mod news;
mod pages;
mod stopped;
