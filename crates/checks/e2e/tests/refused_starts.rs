//! Starts that are refused: one clear line each.

use anyhow::{Context, Result, ensure};
use e2e::{Standalone, refused_start};

/// The one line that a refused start says on its error output.
fn only_line((status, said): (std::process::ExitStatus, String)) -> Result<String> {
    ensure!(!status.success(), "it ended with {status}");
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    ensure!(lines.len() == 1, "not one line:\n{said}");
    ensure!(!said.contains("panicked"), "{said}");
    Ok(lines[0].to_owned())
}

#[tokio::test]
async fn a_folder_that_is_in_use_a_port_that_is_taken() -> Result<()> {
    let product = Standalone::start(&[]).await?;
    let line = only_line(product.second().await?)?;
    let folder = product.data().display().to_string();
    ensure!(line.contains(&folder) && line.contains("another process"), "{line}");

    let port = product.api().address().port().to_string();
    let line = only_line(refused_start(&[("API_PORT", &port)]).await?)?;
    ensure!(line.contains(&port) && line.contains("API_PORT"), "{line}");
    ensure!(product.api().get("/health").await?.status == 200, "the first one suffered");
    product.finish().await
}

#[tokio::test]
async fn a_folder_that_cannot_be_used() -> Result<()> {
    let line = only_line(refused_start(&[("DATA_DIR", "/dev/null/data")]).await?)?;
    ensure!(line.contains("/dev/null/data"), "{line}");
    Ok(())
}

#[tokio::test]
async fn all_wrong_settings_are_named_at_once() -> Result<()> {
    let wrong = [
        ("API_PORT", "70000"),
        ("MEDIA_DELIVERY", "carrier-pigeon"),
        ("PLAY_WHILE_ENCODING", "perhaps"),
        ("UPLOAD_MAX_BYTES", "-1"),
        ("SIGNING_KEY", "short"),
        ("FFMPEG", "no-such-program"),
        ("LISTEN_ADDRESS", "0.0.0.0"),
        ("PUBLIC_URL", "ftp://example.org"),
        ("LOG_FORMAT", "papyrus"),
    ];
    let (status, said) = refused_start(&wrong).await?;
    ensure!(!status.success(), "it ended with {status}");
    for (name, _) in wrong {
        said.lines()
            .find(|line| line.contains(name))
            .with_context(|| format!("{name} is not named:\n{said}"))?;
    }
    ensure!(!said.contains("short\""), "a secret is repeated:\n{said}");
    Ok(())
}
