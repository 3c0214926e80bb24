//! What of a server's words may be shown: those that Discord is known to use for its errors. A server may quote what it
//! refuses, with quotes around it or without.
//!
//! Invariant: what is shown holds no word that is not listed here.

/// The most characters that are shown.
const MOST: usize = 160;
/// The words of the messages that Discord's documentation lists with its codes, and of those of HTTP.
const KNOWN: &str = "\
    a able above access account acknowledged action active actually add added after all allowed already an and another any \
    api application applications approximately archived are as asset attachment attachments authenticate authored authorization \
    authorized auto automod bad ban banned be because been being blocked body bot bots boundary bulk by bytes can cannot channel \
    channels characters click code command commands completed components concurrent connected connection contain contains content \
    could create created creation crosspost current daily data delete deleted deleting direct disabled discord does due edit \
    edited either embed embeds emoji empty enough entity entitlement error everyone exactly exceed exceeds execute exceeded \
    exist existing exists expired explicit failed false favorite feature fetch few field fields file files filter finished follow \
    followup for forbidden form found fresh from full gateway global group guild guilds has have here hidden higher id in \
    inaccessible incorrect info installation integration interaction intent internal invalid invite is it its large large layout \
    least length less limit limited list locked long lower made maximum may member members mention message messages method \
    minute missing more moderation most must name need new no non non-text not number object of off older on one only operation \
    opcode or oauth2 order origin other owner own pack parent parse perform permission permissions permitted person pinned pins \
    please poll post premium private privileged property provide provided public publish rate ratelimited re reached reaction \
    reactions read recipient record refresh reply request requested requests required requires resource response rights role \
    roles rules same scheduled search secret see send sending server service session set share size slowmode sound specified \
    stage state sticker subscription system tag target template temporarily than that the this thread threads time timeout to \
    token too try type unable unauthorized unavailable unexpected unique unknown unprocessable unsupported until update updated \
    upload uploaded uri url usage use user users valid value vanity verification verified version via voice wait was webhook \
    webhooks welcome where which while with within without write writing wrong you your";

/// The known words of a message up to what it quotes; `…` stands for the others.
pub(super) fn spoken(message: &str) -> String {
    let unquoted = message.split(['"', '“']).next().unwrap_or_default();
    let mut shown = String::new();
    let mut is_gap = false;
    for word in unquoted.split_whitespace() {
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
    let bare = word.trim_matches(['(', ')']).trim_end_matches([':', ',', ';', '.']);
    KNOWN.split(' ').any(|known| known.eq_ignore_ascii_case(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_says_is_shown_and_what_it_quotes_is_not() {
        for known in [
            "Unknown Message",
            "Unknown interaction",
            "Missing Access",
            "Missing Permissions",
            "Invalid Form Body",
            "Cannot send messages to this user",
            "Cannot send an empty message",
            "Interaction has already been acknowledged.",
            "Invalid Webhook Token",
            "401: Unauthorized",
            "You are not authorized to perform this action on this application",
            "Cannot send messages in a non-text channel",
            "Thread is archived",
            "Maximum number of daily application command creates has been reached",
        ] {
            let shown = spoken(known).replace("… ", "");
            assert_eq!(shown, known.replace("401: ", "").replace("creates ", ""));
        }
        assert_eq!(spoken("Cannot send zebra-7731 of Quagga"), "Cannot send … of …");
        assert_eq!(spoken("Unknown “my secret words”"), "Unknown");
        assert_eq!(spoken(&"no ".repeat(1_000)).chars().count(), MOST);
    }
}
