//! The rules, one by one, with every instant written out. `desk` is the lane that they are tried on.

mod checkpoint;
mod desk;
mod journal;
mod lifecycle;
mod reset;
mod setting;
mod timeline;
