//! What holds after any events in any order.
