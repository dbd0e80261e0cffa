//! The calls of the original pipeline's clients, in their order, and the fields that they read in the answers. The fixtures
//! are written from the contract.

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Product, until};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
struct Call {
    /// Method and address; `{stream_id}` is the newest one.
    call: String,
    body: Option<Value>,
    /// It is asked again until these fields are so.
    #[serde(default)]
    until: Map<String, Value>,
    status: u16,
    /// Fields, each with its value or, as `<string>`, what kind of value it has. There may be more.
    answer: Map<String, Value>,
}

#[tokio::test]
async fn the_originals_calls_are_answered_as_ever() -> Result<()> {
    let calls: Vec<Call> = serde_json::from_str(include_str!("../fixtures/original_calls.json"))?;
    let product = Product::start(&[("SIMULATED_SOURCE_MAX_SECONDS", "2")]).await?;
    let mut stream = String::new();
    for call in &calls {
        let answer = until(&call.call, LIMIT, async || {
            let answer = ask(&product, call, &stream).await?;
            let body: Value = serde_json::from_slice(&answer.body)?;
            let there = call.until.iter().all(|(field, value)| body.get(field) == Some(value));
            Ok(there.then_some(answer))
        })
        .await?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        ensure!(answer.status == call.status, "{}: {} {body}", call.call, answer.status);
        for (field, wanted) in &call.answer {
            let value = body.get(field).with_context(|| format!("{} has no {field}: {body}", call.call))?;
            ensure!(fits(value, wanted), "{}: {field} is {value}, not {wanted}", call.call);
        }
        if let Some(id) = body["stream_id"].as_str() {
            id.clone_into(&mut stream);
        }
    }
    product.finish().await
}

async fn ask(product: &Product, call: &Call, stream: &str) -> Result<Answer> {
    let (method, path) = call.call.split_once(' ').context("a call is a method and an address")?;
    let api = product.api();
    let mut request = api.request(method.parse::<Method>()?, &path.replace("{stream_id}", stream))?;
    if let Some(body) = &call.body {
        let body = body.to_string().replace("{stream_id}", stream);
        request = request.header("content-type", "application/json").body(body);
    }
    api.send(request).await
}

fn fits(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str() {
        Some("<string>") => value.as_str().is_some_and(|text| !text.is_empty()),
        Some("<number>") => value.is_number(),
        Some("<array>") => value.is_array(),
        Some("<object>") => value.is_object(),
        Some("<any>") => true,
        _ => value == wanted,
    }
}
