//! What no log may hold: signed addresses, viewers' tokens, and the secrets that a product was started with.

use crate::remains;
use anyhow::{Result, ensure};
use std::{fs, path::Path};

/// Words that signed addresses have: of S3 (SigV4), and of an object store of files.
const OF_SIGNED_ADDRESSES: [&str; 3] = ["x-amz-signature", "x-amz-credential", "signature="];

/// Insists that no log in a folder holds any, of a product with these settings.
pub(crate) fn none_in_logs(home: &Path, settings: &[(String, String)]) -> Result<()> {
    let mut secrets: Vec<String> =
        settings.iter().filter_map(|(name, value)| secret_of(name, value)).map(str::to_owned).collect();
    // The key that a product has made for itself.
    secrets.extend(fs::read_to_string(home.join("data/signing.key")).map(|key| key.trim().to_owned()));
    for log in remains::below(home).iter().filter(|file| file.extension().is_some_and(|ext| ext == "log")) {
        let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        let telling = telling_lines(&text, &secrets);
        ensure!(telling.is_empty(), "{} tells secrets:\n  {}", log.display(), telling.join("\n  "));
    }
    Ok(())
}

/// The part of a setting's value that is secret.
fn secret_of<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let secret = match name {
        "SIGNING_KEY" | "MINIO_ROOT_USER" | "MINIO_ROOT_PASSWORD" => value,
        "MONGO_URI" => value.split_once('@')?.0.rsplit_once(':')?.1,
        _ => return None,
    };
    (!secret.is_empty()).then_some(secret)
}

/// The lines that hold a secret, after the name of what they hold.
fn telling_lines(text: &str, secrets: &[String]) -> Vec<String> {
    text.lines().filter_map(|line| Some(format!("{}: {line}", told_by(line, secrets)?))).collect()
}

fn told_by(line: &str, secrets: &[String]) -> Option<&'static str> {
    let lower = line.to_lowercase();
    if OF_SIGNED_ADDRESSES.iter().any(|word| lower.contains(word)) {
        return Some("a signed address");
    }
    if secrets.iter().any(|secret| line.contains(secret.as_str())) {
        return Some("a setting's secret");
    }
    let mut words = line.split(|byte: char| !byte.is_ascii_alphanumeric() && byte != '-');
    words.any(is_token).then_some("a viewer's token")
}

/// Whether a word is made as tokens are: a letter for what it opens, its end in base 16, and a tag of 16 bytes.
fn is_token(word: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some((until, tag)) = word.strip_prefix(['l', 'p']).and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    until.len() >= 8 && is_hex(until) && tag.len() == 32 && is_hex(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn planted_secrets_are_found() {
        let secrets = ["hunter22".to_owned()];
        for line in [
            "WARN s3: cannot get url=http://minio/vod-raw/a?X-Amz-Algorithm=A&X-Amz-Signature=00ff"
                .to_owned(),
            "INFO files: GET /objects/a?type=video&signature=00ff".to_owned(),
            "ERROR mongo: mongodb://root:hunter22@mongo".to_owned(),
            format!("INFO api: GET /play/l6921a0b0-{TAG}/vod-1/master.m3u8"),
            format!("{{\"message\":\"denied\",\"token\":\"p6921a0b0-{TAG}\"}}"),
        ] {
            assert_eq!(telling_lines(&format!("fine\n{line}\nfine"), &secrets).len(), 1, "{line}");
        }
    }

    #[test]
    fn ids_are_no_secrets() {
        for line in [
            format!("INFO api::upload: uploaded stream_id=vod-0123456789ab trace_id={TAG}"),
            format!("traceparent 00-{TAG}-0123456789abcdef-01"),
            "GET /play/{token}/{stream}/master.m3u8 403 signature_invalid".to_owned(),
        ] {
            assert!(telling_lines(&line, &[]).is_empty(), "{line}");
        }
    }

    #[test]
    fn of_an_address_only_the_password_is_secret() {
        assert_eq!(secret_of("MONGO_URI", "mongodb://root:hunter22@mongo:27017"), Some("hunter22"));
        assert_eq!(secret_of("MONGO_URI", "mongodb://mongo:27017"), None);
        assert_eq!(secret_of("SIGNING_KEY", ""), None);
    }
}
