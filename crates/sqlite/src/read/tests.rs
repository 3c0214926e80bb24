//! Every statement is found by an index: SQLite is asked for its plan.

use rusqlite::Connection;

use crate::schema;

fn plans(sql: &str) -> Vec<String> {
    let conn = Connection::open_in_memory().unwrap();
    schema::migrate(&conn, schema::newest()).unwrap();
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters: Vec<Option<i64>> = vec![None; explain.parameter_count()];
    let steps =
        explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.map(Result::unwrap).collect()
}

fn reads() -> impl Iterator<Item = &'static str> {
    use super::{checkpoint, delivery, key, lane, message, session};
    [
        checkpoint::QUERIES,
        delivery::QUERIES,
        key::QUERIES,
        lane::QUERIES,
        message::QUERIES,
        session::QUERIES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[test]
fn no_statement_scans_a_table() {
    for sql in reads().chain(crate::apply::queries()) {
        for step in plans(sql) {
            // A constant row, as of EXISTS, is no table.
            assert!(!step.starts_with("SCAN") || step == "SCAN CONSTANT ROW", "{sql}\n{step}");
        }
    }
}

#[test]
fn no_read_sorts_more_than_it_returns() {
    for sql in reads() {
        let sorts = plans(sql).iter().any(|step| step.contains("TEMP B-TREE"));
        // The current sessions of a lane: there is one.
        assert!(!sorts || sql.contains("AND state = 0 AND"), "{sql}\n{:?}", plans(sql));
    }
}

#[test]
fn the_hot_read_is_three_look_ups_by_primary_key() {
    let hot = super::lane::QUERIES.first().unwrap();
    let plan = plans(hot);
    let searches: Vec<&String> = plan.iter().filter(|step| step.starts_with("SEARCH")).collect();
    assert_eq!(searches.len(), 3, "{plan:?}");
    assert!(searches.iter().all(|step| step.contains("PRIMARY KEY")), "{plan:?}");
}

#[test]
fn the_most_important_messages_are_read_in_the_order_of_their_index() {
    let important = super::message::QUERIES.iter().find(|sql| sql.contains("importance DESC"));
    let plan = plans(important.unwrap());
    assert_eq!(
        plan,
        ["SEARCH message USING INDEX message_by_importance (<expr>=? AND importance>?)"],
        "{plan:?}"
    );
}
