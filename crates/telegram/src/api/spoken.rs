//! What of a server's words may be shown: those that the Bot API is known to use. A server may quote what it refuses, with
//! quotes around it or without.
//!
//! Invariant: what is shown holds no word that is not listed here, but for codes like `USER_NOT_PARTICIPANT`.

/// The most characters that are shown.
const MOST: usize = 160;
/// The words of refusals, of the server that Telegram publishes and of Telegram's own.
const KNOWN: &str = "\
    a above access action active actually added address administrator administrators again all allowed already an and \
    another any api are as at authorized back bad banned be because been belong blocked bot bots button by bytes call \
    callback can can't cannot caption certificate changed channel channels characters chat chats closed code command commands conflict \
    connection contain contains content could couldn't current data date deactivated default delete deleted description \
    different disabled document does doesn't draft drafts edit edited empty enough entities entity ephemeral error exactly \
    expired failed file files find for forbidden forum found from full general get getupdates gone group groups has have \
    hidden host hostname https id identifier in inaccessible initiate inline instance internal invalid ip is isn't it json keyboard kicked large \
    later length limit limited link list long longer make many markup me media member members message messages method \
    migrated modified more must name need needed new no non-empty non-zero not nothing object of off offset old on one only \
    or other parameter parameters parse parse_mode participant permission photo please port ports position possible premium private \
    query reached read removed replace replaced replied reply request requested requests required resolve response restarted \
    restrict restricted result retry right rights running same scope secret see send sending sent server set should size \
    small sorry specified start started still stopped such suitable supergroup supergroups supported sure takes temporarily \
    terminated text that the there this thread time timeout to token too topic topics try turned type unallowed unauthorized \
    unavailable unknown unsupported update updates upgraded upload uploaded url use used user users using valid value was \
    webhook webhooks while with without wrong you your";

/// The known words of a description; `…` stands for the others.
pub(super) fn spoken(description: &str) -> String {
    let mut shown = String::new();
    let mut is_gap = false;
    for word in description.split_whitespace() {
        let is_shown = is_known(word);
        if is_shown || !is_gap {
            let space = if shown.is_empty() { "" } else { " " };
            shown.extend([space, if is_shown { word } else { "…" }]);
        }
        is_gap = !is_shown;
    }
    shown.chars().take(MOST).collect()
}

fn is_known(word: &str) -> bool {
    let bare = word.trim_end_matches([':', ',', ';', '.']);
    let is_code = bare.contains('_') && bare.bytes().all(|b| b == b'_' || b.is_ascii_uppercase());
    is_code || KNOWN.split(' ').any(|known| known.eq_ignore_ascii_case(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_says_is_shown_and_what_it_quotes_is_not() {
        for known in [
            "Bad Request: message to edit not found",
            "Forbidden: bot was blocked by the user",
            "Bad Request: USER_NOT_PARTICIPANT",
            "Bad Request: group chat was upgraded to a supergroup chat",
            "Bad Request: not enough rights to send text messages to the chat",
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            "Unauthorized",
        ] {
            assert_eq!(spoken(known), known);
        }
        for (quoting, shown) in [
            ("Bad Request: wrong text zebra-7731 or \"ibex\"", "Bad Request: wrong text … or …"),
            ("Forbidden: zebra gnu", "Forbidden: …"),
            ("ZEBRA ZEBRA_7731", "…"),
            ("", ""),
        ] {
            assert_eq!(spoken(quoting), shown);
        }
        assert!(spoken(&"too long ".repeat(99)).len() <= MOST);
    }
}
