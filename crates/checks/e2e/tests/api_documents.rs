//! What the API says of itself.

use anyhow::{Context, Result, ensure};
use e2e::Product;

#[tokio::test]
async fn the_api_describes_itself() -> Result<()> {
    let product = Product::start(&[]).await?;
    let api = product.api();
    let document = api.get("/openapi.json").await?.json()?;
    ensure!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    let routes = [
        ("/health", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/vod/upload", "post"),
        ("/vod", "get"),
        ("/vod/{stream_id}", "delete"),
        ("/vod/{stream_id}/manifest", "get"),
        ("/vod/{stream_id}/metadata", "get"),
        ("/content/{stream_id}", "get"),
        ("/jobs/{job_id}", "get"),
        ("/stats", "get"),
    ];
    for (path, method) in routes {
        let operation = &document["paths"][path][method];
        ensure!(operation["responses"].is_object(), "{method} {path} is not described");
    }
    let bodies = &document["paths"]["/vod/upload"]["post"]["requestBody"]["content"];
    for kind in ["application/json", "multipart/form-data", "application/octet-stream"] {
        ensure!(bodies[kind].is_object(), "{kind} is not described");
    }
    let page = api.fetch("/docs").await?;
    ensure!(page.status == 200 && page.text().contains("swagger"), "{}", page.text());

    let health = api.get("/health").await?.json()?;
    ensure!(health["status"] == "ok" && health["service"] == "pipeline-api", "{health}");
    let ready = api.get("/readyz").await?.json()?;
    ensure!(ready["ready"] == true && ready["dependencies"]["catalog"] == "ok", "{ready}");
    let metrics = api.get("/metrics").await?;
    ensure!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
    let text = metrics.text();
    text.lines().find(|line| line.starts_with("api_requests_total{")).context("no api_requests_total")?;
    ensure!(!text.contains("vod-0"), "an id is a label");
    product.finish().await
}
