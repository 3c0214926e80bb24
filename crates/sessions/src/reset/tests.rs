//! What holds at the edges of days, zones and policies; every instant is written out.

use std::collections::BTreeSet;

use chrono::{Datelike, Timelike};
use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

fn instant(rfc3339: &str) -> Timestamp {
    Timestamp::parse_rfc3339(rfc3339).unwrap()
}

fn time(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

fn zone(name: &str) -> Tz {
    parse_zone(name).unwrap()
}

fn off() -> ResetPolicy {
    ResetPolicy { daily: None, idle: None, daily_min_idle: Duration::ZERO, zone: Tz::Europe__Paris }
}

/// 04:00 in Paris, which is 02:00 UTC in summer.
fn daily() -> ResetPolicy {
    ResetPolicy { daily: Some(time("04:00")), ..off() }
}

fn daily_reason() -> ResetReason {
    ResetReason::Daily { at: time("04:00"), zone: Tz::Europe__Paris }
}

/// All boundaries after `from`, up to and with `to`.
fn boundaries(at: TimeOfDay, zone: Tz, from: &str, to: &str) -> Vec<Timestamp> {
    let to = instant(to);
    std::iter::successors(next_boundary(at, zone, instant(from)), |last| {
        next_boundary(at, zone, *last)
    })
    .take_while(|boundary| *boundary <= to)
    .collect()
}

fn local(zone: Tz, instant: Timestamp) -> chrono::NaiveDateTime {
    instant.to_utc().with_timezone(&zone).naive_local()
}

/// Zone, time of day, all boundaries after the first instant and up to the second.
type Boundaries<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [&'a str]);

fn check_boundaries(table: &[Boundaries<'_>]) {
    for (name, at, from, to, expected) in table {
        let expected: Vec<Timestamp> = expected.iter().map(|text| instant(text)).collect();
        assert_eq!(boundaries(time(at), zone(name), from, to), expected, "{name} {at}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of instants")]
fn a_gap_moves_the_boundary_to_its_end_and_a_fold_has_it_once() {
    check_boundaries(&[
        // A gap from 02:00 to 03:00, and a fold from 03:00 to 02:00.
        (
            "Europe/Paris",
            "02:30",
            "2026-03-27T12:00:00Z",
            "2026-03-30T12:00:00Z",
            &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "Europe/Paris",
            "02:30",
            "2026-10-23T12:00:00Z",
            "2026-10-26T12:00:00Z",
            &["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        // The first minute of the gap, and the first after it.
        (
            "Europe/Paris",
            "02:00",
            "2026-03-28T12:00:00Z",
            "2026-03-29T12:00:00Z",
            &["2026-03-29T01:00:00Z"],
        ),
        (
            "Europe/Paris",
            "03:00",
            "2026-03-28T12:00:00Z",
            "2026-03-29T12:00:00Z",
            &["2026-03-29T01:00:00Z"],
        ),
        // The first minute of the fold, and the first after it.
        (
            "Europe/Paris",
            "02:00",
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z",
            &["2026-10-25T00:00:00Z"],
        ),
        (
            "Europe/Paris",
            "03:00",
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z",
            &["2026-10-25T02:00:00Z"],
        ),
        (
            "America/New_York",
            "02:30",
            "2026-03-07T12:00:00Z",
            "2026-03-09T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
        ),
        (
            "America/New_York",
            "01:30",
            "2026-10-31T12:00:00Z",
            "2026-11-02T12:00:00Z",
            &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
        ),
        // Half an hour: a fold from 02:00 to 01:30, and a gap from 02:00 to 02:30.
        (
            "Australia/Lord_Howe",
            "01:45",
            "2026-04-03T16:00:00Z",
            "2026-04-05T16:00:00Z",
            &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        ),
        (
            "Australia/Lord_Howe",
            "02:15",
            "2026-10-02T17:00:00Z",
            "2026-10-04T17:00:00Z",
            &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
        ),
    ]);
}

#[test]
fn each_date_has_its_own_boundary_where_clocks_change_at_midnight() {
    check_boundaries(&[
        // The gap begins at midnight.
        (
            "America/Sao_Paulo",
            "00:00",
            "2018-11-02T12:00:00Z",
            "2018-11-05T12:00:00Z",
            &["2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
        ),
        (
            "America/Sao_Paulo",
            "00:30",
            "2018-11-03T12:00:00Z",
            "2018-11-05T12:00:00Z",
            &["2018-11-04T03:00:00Z", "2018-11-05T02:30:00Z"],
        ),
        (
            "Africa/Cairo",
            "00:30",
            "2024-04-24T12:00:00Z",
            "2024-04-26T12:00:00Z",
            &["2024-04-24T22:30:00Z", "2024-04-25T22:00:00Z"],
        ),
        (
            "Asia/Beirut",
            "00:00",
            "2025-03-29T12:00:00Z",
            "2025-03-31T12:00:00Z",
            &["2025-03-29T22:00:00Z", "2025-03-30T21:00:00Z"],
        ),
        // The fold leads over midnight, back into a date that was already over.
        (
            "America/Sao_Paulo",
            "23:30",
            "2018-02-17T00:00:00Z",
            "2018-02-19T12:00:00Z",
            &["2018-02-17T01:30:00Z", "2018-02-18T01:30:00Z", "2018-02-19T02:30:00Z"],
        ),
        (
            "America/St_Johns",
            "00:00",
            "2010-11-06T12:00:00Z",
            "2010-11-08T12:00:00Z",
            &["2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"],
        ),
        // The gap leads from 23:30 to 00:30 of the next date; 23:45 is still the earlier date's.
        (
            "America/Toronto",
            "23:45",
            "1919-03-29T12:00:00Z",
            "1919-04-01T12:00:00Z",
            &["1919-03-30T04:45:00Z", "1919-03-31T04:30:00Z", "1919-04-01T03:45:00Z"],
        ),
        (
            "America/Toronto",
            "00:15",
            "1919-03-30T12:00:00Z",
            "1919-04-01T12:00:00Z",
            &["1919-03-31T04:30:00Z", "1919-04-01T04:15:00Z"],
        ),
    ]);
}

#[test]
fn a_date_that_never_was_has_no_boundary_and_one_that_came_twice_has_one() {
    check_boundaries(&[
        // 2011-12-30 never was.
        (
            "Pacific/Apia",
            "04:00",
            "2011-12-28T20:00:00Z",
            "2012-01-01T00:00:00Z",
            &["2011-12-29T14:00:00Z", "2011-12-30T14:00:00Z", "2011-12-31T14:00:00Z"],
        ),
        (
            "Pacific/Apia",
            "00:00",
            "2011-12-28T20:00:00Z",
            "2012-01-01T00:00:00Z",
            &["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
        ),
        // 1867-10-18, from 15:33:32 on, and the 19th up to then came twice.
        (
            "America/Juneau",
            "12:00",
            "1867-10-17T12:00:00Z",
            "1867-10-21T12:00:00Z",
            &["1867-10-17T20:57:41Z", "1867-10-18T20:57:41Z", "1867-10-20T20:57:41Z"],
        ),
    ]);
}

#[test]
fn the_latest_boundary_looks_past_missing_and_repeated_dates() {
    let table = [
        // 03:00 on the 31st: today's is to come, yesterday never was.
        ("Pacific/Apia", "04:00", "2011-12-30T13:00:00Z", "2011-12-29T14:00:00Z"),
        // 23:30 on the 6th for the second time: the 7th had begun, and its midnight was the first of two.
        ("America/St_Johns", "00:00", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z"),
        // The same instants, just before and exactly at a boundary.
        ("Europe/Paris", "02:30", "2026-03-29T00:59:59.999Z", "2026-03-28T01:30:00Z"),
        ("Europe/Paris", "02:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        // In the second pass of the fold, and at its 02:30.
        ("Europe/Paris", "02:30", "2026-10-25T01:29:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Paris", "02:30", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"),
    ];
    for (name, at, now, expected) in table {
        assert_eq!(
            latest_boundary(time(at), zone(name), instant(now)),
            Some(instant(expected)),
            "{name} {now}"
        );
    }
}

#[test]
fn each_local_date_of_a_year_has_one_boundary_at_its_time() {
    // Zone, year, time, dates in the year, boundaries that a gap moves.
    let table = [
        ("UTC", 2026, "04:00", 365, 0),
        ("Europe/Paris", 2026, "02:30", 365, 1),
        ("America/New_York", 2024, "02:30", 366, 1),
        ("Australia/Lord_Howe", 2026, "02:15", 365, 1),
        ("America/Sao_Paulo", 2018, "00:00", 365, 1),
        ("Africa/Cairo", 2024, "00:15", 366, 1),
        ("Asia/Beirut", 2025, "00:59", 365, 1),
        ("Asia/Kathmandu", 2026, "00:00", 365, 0),
        ("America/St_Johns", 2010, "00:00", 365, 0),
        ("America/St_Johns", 2010, "00:30", 365, 1),
        ("Africa/Casablanca", 2026, "02:30", 365, 1),
        ("Pacific/Apia", 2011, "12:00", 364, 0),
        ("Pacific/Apia", 2011, "03:30", 364, 1),
        ("Antarctica/Troll", 2026, "02:00", 365, 1),
    ];
    for (name, year, at, dates, moved) in table {
        let (at, zone) = (time(at), zone(name));
        let (from, to) =
            (format!("{}-12-29T00:00:00Z", year - 1), format!("{}-01-04T00:00:00Z", year + 1));
        let found = boundaries(at, zone, &from, &to);
        assert!(found.is_sorted_by(|one, next| one < next), "{name} {at}");

        let in_year: Vec<_> =
            found.iter().map(|at| local(zone, *at)).filter(|local| local.year() == year).collect();
        let own_dates: BTreeSet<_> = in_year.iter().map(chrono::NaiveDateTime::date).collect();
        assert_eq!((in_year.len(), own_dates.len()), (dates, dates), "{name} {at}");
        let is_moved = |local: &&chrono::NaiveDateTime| {
            (local.hour(), local.minute()) != (at.hour.into(), at.minute.into())
        };
        assert_eq!(in_year.iter().filter(is_moved).count(), moved, "{name} {at}");
        assert!(
            found.iter().all(|one| latest_boundary(at, zone, *one) == Some(*one)),
            "{name} {at}"
        );
    }
}

#[test]
fn daily_is_due_from_the_boundary_on_for_what_was_said_before_it() {
    let table = [
        ("2026-06-10T01:59:59.999Z", "2026-06-10T01:59:59.999Z", false),
        ("2026-06-10T01:59:59.999Z", "2026-06-10T02:00:00Z", true),
        ("2026-06-10T02:00:00Z", "2026-06-10T02:00:00Z", false),
        ("2026-06-10T02:00:00Z", "2026-06-11T01:59:59.999Z", false),
        ("2026-06-10T02:00:00Z", "2026-06-11T02:00:00Z", true),
        ("2026-06-01T12:00:00Z", "2026-06-10T12:00:00Z", true),
        // The clock went back over the boundary.
        ("2026-06-10T02:00:00Z", "2026-06-10T01:00:00Z", false),
        ("2026-06-10T02:00:00Z", "2026-06-01T01:00:00Z", false),
    ];
    for (anchor, now, due) in table {
        let reason = reset_due(&daily(), instant(anchor), instant(now));
        assert_eq!(reason, due.then(daily_reason), "{anchor} {now}");
    }
}

#[test]
fn nothing_is_due_when_nothing_is_set() {
    let (anchor, now) = (instant("2020-01-01T00:00:00Z"), instant("2026-01-01T00:00:00Z"));
    assert_eq!(reset_due(&off(), anchor, now), None);
    assert_eq!(next_reset(&off(), anchor, now), None);
}

#[test]
fn a_session_over_several_days_is_reset_once() {
    let (anchor, now) = (instant("2026-06-01T12:00:00Z"), instant("2026-06-10T12:00:00Z"));
    assert_eq!(reset_due(&daily(), anchor, now), Some(daily_reason()));
    assert_eq!(
        latest_boundary(time("04:00"), Tz::Europe__Paris, now),
        Some(instant("2026-06-10T02:00:00Z"))
    );
    // The message that reset it is the new anchor: none of the boundaries in between is left to act.
    assert_eq!(reset_due(&daily(), now, now), None);
    let at = instant("2026-06-11T02:00:00Z");
    assert_eq!(next_reset(&daily(), now, now), Some(NextReset::At { at, reason: daily_reason() }));
}

#[test]
fn daily_spares_who_talks_across_the_boundary() {
    let policy = ResetPolicy { daily_min_idle: 30 * MINUTE, ..daily() };
    let table = [
        // Four minutes of silence over the boundary at 02:00; then the next boundary is tomorrow's.
        ("2026-06-10T01:58:00Z", "2026-06-10T02:02:00Z", false),
        ("2026-06-10T02:02:00Z", "2026-06-10T09:00:00Z", false),
        // Exactly half an hour, and a little less.
        ("2026-06-10T01:58:00Z", "2026-06-10T02:27:59.999Z", false),
        ("2026-06-10T01:58:00Z", "2026-06-10T02:28:00Z", true),
        // Long silent before the boundary.
        ("2026-06-09T20:00:00Z", "2026-06-10T01:59:00Z", false),
        ("2026-06-09T20:00:00Z", "2026-06-10T02:00:00Z", true),
    ];
    for (anchor, now, due) in table {
        let reason = reset_due(&policy, instant(anchor), instant(now));
        assert_eq!(reason, due.then(daily_reason), "{anchor} {now}");
    }
    let reset =
        next_reset(&policy, instant("2026-06-10T01:58:00Z"), instant("2026-06-10T02:02:00Z"));
    let at = instant("2026-06-10T02:28:00Z");
    assert_eq!(reset, Some(NextReset::At { at, reason: daily_reason() }));
}

#[test]
fn idle_is_due_at_exactly_the_limit() {
    let policy = ResetPolicy { idle: Some(30 * MINUTE), ..off() };
    let reason = ResetReason::Idle { after: 30 * MINUTE };
    let anchor = instant("2026-06-10T12:00:00Z");
    let at = instant("2026-06-10T12:30:00Z");
    let before = instant("2026-06-10T12:29:59.999Z");
    assert_eq!(reset_due(&policy, anchor, before), None);
    assert_eq!(next_reset(&policy, anchor, before), Some(NextReset::At { at, reason }));
    assert_eq!(reset_due(&policy, anchor, at), Some(reason));
    assert_eq!(next_reset(&policy, anchor, at), Some(NextReset::Due(reason)));
    // Days of silence do not wrap around.
    assert_eq!(reset_due(&policy, anchor, instant("2026-06-12T12:05:00Z")), Some(reason));
    // The clock went back.
    assert_eq!(reset_due(&policy, anchor, instant("2026-06-10T11:00:00Z")), None);
    assert_eq!(reset_due(&policy, anchor, instant("1990-01-01T00:00:00Z")), None);
}

#[test]
fn with_both_set_whichever_was_due_first_is_the_reason() {
    let both = |idle| ResetPolicy { idle: Some(idle), ..daily() };
    let idle_reason = |after| ResetReason::Idle { after };
    let anchor = instant("2026-06-10T01:00:00Z");
    let late = instant("2026-06-12T12:00:00Z");
    let table = [
        (both(59 * MINUTE), idle_reason(59 * MINUTE), "2026-06-10T01:59:00Z"),
        (both(HOUR), daily_reason(), "2026-06-10T02:00:00Z"),
        (both(61 * MINUTE), daily_reason(), "2026-06-10T02:00:00Z"),
        // The daily reset waits until the lane was idle long enough, and so comes second.
        (
            ResetPolicy { daily_min_idle: 2 * HOUR, ..both(90 * MINUTE) },
            idle_reason(90 * MINUTE),
            "2026-06-10T02:30:00Z",
        ),
    ];
    for (policy, reason, at) in table {
        let at = instant(at);
        assert_eq!(reset_due(&policy, anchor, late), Some(reason));
        assert_eq!(next_reset(&policy, anchor, late), Some(NextReset::Due(reason)));
        assert_eq!(next_reset(&policy, anchor, anchor), Some(NextReset::At { at, reason }));
        assert_eq!(reset_due(&policy, anchor, at.minus(Duration::from_millis(1))), None);
    }
}

#[test]
fn the_ends_of_time_have_no_boundaries_and_do_not_panic() {
    let four = time("04:00");
    let first = Timestamp::from(DateTime::<chrono::Utc>::MIN_UTC);
    let last = Timestamp::from(DateTime::<chrono::Utc>::MAX_UTC);
    let ends =
        [i64::MIN, first.as_millis(), last.as_millis(), i64::MAX].map(Timestamp::from_millis);
    let policy = ResetPolicy { idle: Some(HOUR), daily_min_idle: HOUR, ..daily() };
    for zone in [Tz::UTC, Tz::Pacific__Kiritimati, Tz::Pacific__Pago_Pago] {
        for end in ends {
            for anchor in ends {
                let _ = reset_due(&ResetPolicy { zone, ..policy }, anchor, end);
            }
            assert!(latest_boundary(four, zone, end).is_none_or(|boundary| boundary <= end));
            assert!(next_boundary(four, zone, end).is_none_or(|boundary| boundary > end));
        }
        assert_eq!(latest_boundary(four, zone, Timestamp::from_millis(i64::MIN)), None);
        assert_eq!(latest_boundary(four, zone, first), None);
        assert_eq!(next_boundary(four, zone, last), None);
        assert_eq!(next_boundary(four, zone, Timestamp::from_millis(i64::MAX)), None);
    }
    let end = Timestamp::from_millis(i64::MAX);
    assert_eq!(reset_due(&policy, end, end), None);
    let forever =
        ResetPolicy { idle: Some(Duration::MAX), daily_min_idle: Duration::MAX, ..daily() };
    assert_eq!(next_reset(&forever, instant("2026-06-10T00:00:00Z"), end), None);
}

#[test]
fn a_time_of_day_is_checked_on_every_way_in() {
    assert_eq!(TimeOfDay::new(24, 0), None);
    assert_eq!(TimeOfDay::new(0, 60), None);
    assert_eq!(TimeOfDay::new(4, 5).map(|time| time.to_string()), Some("04:05".to_owned()));
    assert_eq!(serde_json::to_string(&time("23:59")).unwrap(), r#""23:59""#);
    assert_eq!(
        serde_json::from_str::<TimeOfDay>(r#""00:00""#).unwrap(),
        TimeOfDay::new(0, 0).unwrap()
    );
    for text in
        ["24:00", "25:99", "4:00", "04:0", "04:000", "+4:00", "0400", "04:00:00", "", "٠٤:٠٠"]
    {
        let error = text.parse::<TimeOfDay>().unwrap_err();
        assert_eq!(error.to_string(), format!("“{text}” is not a time from 00:00 to 23:59"));
        assert!(serde_json::from_value::<TimeOfDay>(text.into()).is_err());
    }
}

#[test]
fn a_setting_goes_before_configuration() {
    assert_eq!(Setting::default().or(Some(1)), Some(1));
    assert_eq!(Setting::<u8>::Unset.or(None), None);
    assert_eq!(Setting::Off.or(Some(1)), None);
    assert_eq!(Setting::Value(2).or(Some(1)), Some(2));
    assert_eq!(Setting::Value(2).or(None), Some(2));
}

#[test]
fn reasons_read_as_in_the_announcement() {
    assert_eq!(daily_reason().to_string(), "daily reset 04:00 Europe/Paris");
    let table = [
        (Duration::ZERO, "idle for 0 seconds"),
        (MINUTE, "idle for 1 minute"),
        (30 * MINUTE, "idle for 30 minutes"),
        (90 * MINUTE, "idle for 1 hour 30 minutes"),
        (2 * HOUR, "idle for 2 hours"),
        (24 * HOUR, "idle for 1 day"),
        (721 * HOUR, "idle for 30 days 1 hour"),
        (Duration::from_millis(1_500), "idle for 1 second"),
    ];
    for (after, expected) in table {
        assert_eq!(ResetReason::Idle { after }.to_string(), expected);
    }
}

#[test]
fn reasons_survive_serialization() {
    for reason in [daily_reason(), ResetReason::Idle { after: 30 * MINUTE }] {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<ResetReason>(&json).unwrap(), reason);
    }
    let json = serde_json::to_string(&daily_reason()).unwrap();
    assert_eq!(json, r#"{"Daily":{"at":"04:00","zone":"Europe/Paris"}}"#);
    let unknown = json.replace("Paris", "Atlantis");
    assert!(
        serde_json::from_str::<ResetReason>(&unknown)
            .unwrap_err()
            .to_string()
            .contains("Europe/Atlantis")
    );
}

#[test]
fn zones_are_found_in_any_case() {
    let table = [
        ("Europe/Paris", Tz::Europe__Paris),
        ("europe/paris", Tz::Europe__Paris),
        (" AMERICA/NEW_YORK ", Tz::America__New_York),
        ("america/new york", Tz::America__New_York),
        ("utc", Tz::UTC),
        ("Etc/GMT+2", Tz::Etc__GMTPlus2),
    ];
    for (name, expected) in table {
        assert_eq!(parse_zone(name), Ok(expected), "{name}");
    }
    // A name leads to its own zone, so none hides another that differs only in case.
    for zone in TZ_VARIANTS {
        assert_eq!(parse_zone(&zone.name().to_uppercase()), Ok(zone));
    }
}

#[test]
fn an_unknown_zone_suggests_the_nearest() {
    let table = [
        ("Europe/Pariss", "I don't know the time zone “Europe/Pariss”. Did you mean Europe/Paris?"),
        ("paris", "I don't know the time zone “paris”. Did you mean Europe/Paris?"),
        ("France/Paris", "I don't know the time zone “France/Paris”. Did you mean Europe/Paris?"),
        ("new york", "I don't know the time zone “new york”. Did you mean America/New_York?"),
        (
            "Amerika/NewYork",
            "I don't know the time zone “Amerika/NewYork”. Did you mean America/New_York?",
        ),
        ("berln", "I don't know the time zone “berln”. Did you mean Europe/Berlin?"),
        // Etc/GMT+2 would be four hours off.
        (
            "GMT+2",
            "I don't know the time zone “GMT+2”. Zones are named by area and city, such as Europe/Paris.",
        ),
        (
            "UTC+2",
            "I don't know the time zone “UTC+2”. Zones are named by area and city, such as Europe/Paris.",
        ),
        (
            "",
            "I don't know the time zone “”. Zones are named by area and city, such as Europe/Paris.",
        ),
        (
            "日本",
            "I don't know the time zone “日本”. Zones are named by area and city, such as Europe/Paris.",
        ),
    ];
    for (name, expected) in table {
        assert_eq!(parse_zone(name).unwrap_err().to_string(), expected);
    }
    assert_eq!(render_nearest(&["A", "B"]), "Did you mean A or B?");
    assert_eq!(render_nearest(&["A", "B", "C"]), "Did you mean A, B or C?");
}

#[test]
fn an_overlong_zone_name_is_cut() {
    let error = parse_zone(&"日".repeat(5_000)).unwrap_err();
    assert_eq!(error, UnknownZone { name: format!("{}…", "日".repeat(64)), nearest: Vec::new() });
}

/// Walks the minutes of eight days and notes when the wall clock first reaches `at` on each date.
fn boundaries_by_walking(at: TimeOfDay, zone: Tz, middle: Timestamp) -> Vec<Timestamp> {
    let first_minute = middle.as_millis().div_euclid(60_000) - 4 * 1_440;
    let minutes = (first_minute..first_minute + 8 * 1_440)
        .map(|minute| Timestamp::from_millis(minute * 60_000));
    let walk: Vec<_> = minutes.map(|instant| (instant, local(zone, instant))).collect();
    let dates: BTreeSet<NaiveDate> = walk.iter().map(|(_, local)| local.date()).collect();
    // The walk starts within the first date, so when that one's time was reached is not known.
    dates
        .into_iter()
        .skip(1)
        .filter_map(|date| {
            let wanted = date.and_hms_opt(at.hour.into(), at.minute.into(), 0).unwrap();
            walk.iter().find(|(_, local)| *local >= wanted).map(|(instant, _)| *instant)
        })
        .collect()
}

/// Zones and instants near which their clocks changed in some uncommon way, and a few plain ones.
fn near_a_change() -> impl Strategy<Value = (Tz, Timestamp)> {
    let changes = [
        ("Europe/Paris", "2026-03-29T01:00:00Z"),
        ("Europe/Paris", "2026-10-25T01:00:00Z"),
        ("America/New_York", "2026-11-01T06:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
        ("America/St_Johns", "2010-11-07T02:31:00Z"),
        ("Africa/Cairo", "2024-04-25T22:00:00Z"),
        ("Asia/Beirut", "2025-03-29T22:00:00Z"),
        ("America/Nuuk", "2024-03-31T01:00:00Z"),
        ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Pacific/Kiritimati", "1994-12-31T10:00:00Z"),
        ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
        ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
        ("America/Caracas", "2016-05-01T07:00:00Z"),
        ("Asia/Kathmandu", "2026-06-10T00:00:00Z"),
    ];
    (proptest::sample::select(changes.to_vec()), -2 * 86_400_000_i64..2 * 86_400_000).prop_map(
        |((name, change), off)| {
            (zone(name), Timestamp::from_millis(instant(change).as_millis() + off))
        },
    )
}

proptest! {
    #[test]
    fn boundaries_are_those_found_by_walking((zone, now) in near_a_change(), hour in 0..24_u8, minute in 0..60_u8) {
        let at = TimeOfDay::new(hour, minute).unwrap();
        let walked = boundaries_by_walking(at, zone, now);
        prop_assert_eq!(latest_boundary(at, zone, now), walked.iter().rev().find(|one| **one <= now).copied());
        prop_assert_eq!(next_boundary(at, zone, now), walked.iter().find(|one| **one > now).copied());
    }

    #[test]
    fn due_is_what_the_latest_boundary_and_the_silence_say(
        (zone, now) in near_a_change(),
        silence in -3_600_000..4 * 86_400_000_i64,
        (hour, minute) in (0..24_u8, 0..60_u8),
        idle in proptest::option::of((1..4_000_u32).prop_map(|minutes| minutes * MINUTE)),
        min_idle in prop_oneof![Just(Duration::ZERO), (1..3_000_u32).prop_map(|minutes| minutes * MINUTE)],
    ) {
        let at = TimeOfDay::new(hour, minute).unwrap();
        let anchor = Timestamp::from_millis(now.as_millis() - silence);
        let policy = ResetPolicy { daily: Some(at), idle, daily_min_idle: min_idle, zone };
        let passed = latest_boundary(at, zone, now).is_some_and(|boundary| anchor < boundary);
        let daily = passed && now.since(anchor) >= min_idle;
        let idle = now >= anchor && idle.is_some_and(|idle| now.since(anchor) >= idle);
        prop_assert_eq!(reset_due(&policy, anchor, now).is_some(), daily || idle);
        match next_reset(&policy, anchor, now).unwrap() {
            NextReset::Due(reason) => prop_assert_eq!(reset_due(&policy, anchor, now), Some(reason)),
            NextReset::At { at, reason } => {
                prop_assert!(at > now);
                prop_assert_eq!(reset_due(&policy, anchor, at.minus(Duration::from_millis(1))), None);
                prop_assert_eq!(reset_due(&policy, anchor, at), Some(reason));
            }
        }
    }

    #[test]
    fn no_instant_and_no_name_panics(zone in proptest::sample::select(TZ_VARIANTS.to_vec()), at: i64, name: String) {
        let at = Timestamp::from_millis(at);
        let four = TimeOfDay::new(4, 0).unwrap();
        let _ = (latest_boundary(four, zone, at), next_boundary(four, zone, at), parse_zone(&name));
    }
}
