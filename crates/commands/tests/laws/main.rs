//! Laws that hold for every line, every command and every row of the table, seen from outside.

mod lines;
mod table;
