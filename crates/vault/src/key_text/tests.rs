//! Forms of a key, good and bad, with the words that an operator reads.

use super::*;

const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const BASE64_TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn raw(text: &str) -> Option<[u8; 32]> {
    match KeyText::parse(text).unwrap().form() {
        Form::Raw(key) => Some(***key),
        Form::Passphrase(_) => None,
    }
}

fn refusal(text: &str) -> String {
    KeyText::parse(text).unwrap_err().to_string()
}

#[test]
fn all_forms_of_a_raw_key_give_the_same_bytes() {
    let expected = Some(std::array::from_fn(|i| i as u8));
    let bare = BASE64_TEXT.trim_end_matches('=');
    for text in [
        format!("hex:{HEX}"),
        format!("hex:{}", HEX.to_uppercase()),
        format!(" hex: {HEX}\r\n"),
        HEX.to_owned(),
        format!("\t{HEX}\n\n"),
        format!("base64:{BASE64_TEXT}"),
        format!("base64:{bare}"),
        BASE64_TEXT.to_owned(),
        format!("{bare}\n"),
    ] {
        assert_eq!(raw(&text), expected, "{text:?}");
    }
}

#[test]
fn both_alphabets_of_base64_are_read() {
    let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
    let for_urls = standard.replace('+', "-").replace('/', "_");
    assert_eq!(raw(standard), raw(&for_urls));
    assert_eq!(raw(standard), raw(for_urls.trim_end_matches('=')));
}

#[test]
fn a_passphrase_is_trimmed_and_kept_as_it_is() {
    let text = KeyText::parse(" passphrase: Drei Wörter, hex:00 \n").unwrap();
    assert!(text.is_passphrase());
    match text.form() {
        Form::Passphrase(words) => assert_eq!(words.as_str(), "Drei Wörter, hex:00"),
        Form::Raw(_) => panic!("a passphrase was read as a key"),
    }
    assert!(!KeyText::parse(HEX).unwrap().is_passphrase());
}

#[test]
fn a_generated_key_reads_back_from_its_text() {
    let (key, text) = KeyText::generate().unwrap();
    assert!(text.starts_with("hex:") && text.len() == 68);
    let Form::Raw(key) = key.form() else { panic!("a generated key is raw") };
    assert_eq!(raw(&text), Some(***key));
    assert_ne!(KeyText::generate().unwrap().1, text);
}

#[test]
fn no_key_is_generated_from_a_frozen_or_failing_source() {
    let frozen = RandomSource::new(|out| {
        out.fill(1);
        Ok(())
    });
    let error = KeyText::generate_from(&frozen).unwrap_err();
    assert_eq!(error, SealError::RandomSourceRepeats);
    let failing = RandomSource::new(|_| Err(getrandom::Error::UNSUPPORTED));
    let error = KeyText::generate_from(&failing).unwrap_err();
    assert_eq!(error, SealError::RandomSource(getrandom::Error::UNSUPPORTED));
}

#[test]
fn refusals_say_what_was_expected() {
    assert_eq!(
        refusal(" \n"),
        "the key is empty: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words"
    );
    assert_eq!(
        refusal("hex:0011"),
        "`hex:` must be followed by exactly 64 hexadecimal digits (32 bytes), but 4 characters were found"
    );
    assert_eq!(
        refusal(&format!("hex:{}", HEX.replace('f', "g"))),
        "`hex:` must be followed by exactly 64 hexadecimal digits (32 bytes), but one of the characters does not belong there"
    );
    assert_eq!(
        refusal(&format!("base64:{HEX}")),
        "`base64:` must be followed by exactly 32 bytes in base64 (44 characters, or 43 without `=`), but 64 characters were found"
    );
    assert_eq!(
        refusal("passphrase:  short"),
        "the passphrase has 5 characters, at least 12 are needed: take five or more random words"
    );
    let unknown = "the key is in no known form: write `hex:` and 64 hexadecimal digits, `base64:` and 44 characters, or `passphrase:` and words; text without a prefix must be exactly 32 bytes in hex or base64";
    for text in [
        "correct horse battery staple",
        "HEX:00",
        "hex",
        HEX.trim_start_matches("00"),
        HEX.trim_end_matches("f"),
        &format!("{HEX}00"),
        BASE64_TEXT.trim_start_matches("AAEC"),
        &format!("{HEX}\n{HEX}"),
    ] {
        assert_eq!(refusal(text), unknown);
    }
}

#[test]
fn refusals_never_repeat_the_text() {
    for text in ["hex:canary", "base64:canary", "passphrase:canary", "canary"] {
        let error = KeyText::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[test]
fn base64_with_stray_bits_is_refused() {
    let stray = BASE64_TEXT.replace("Hh8=", "Hh9=");
    assert_eq!(KeyText::parse(&stray).unwrap_err(), ParseKeyError::UnknownForm);
}
