//! Log lines: for people one line of text; for programs one flat JSON object, in which what a span knows, such as `job_id` or
//! `trace_id`, stands beside what the event says.

use serde_json::{Map, Value};
use std::fmt;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::{LookupSpan, Scope},
};

/// The format: `timestamp`, `level`, `target`, `message`, then all fields; those of inner spans and of the event itself win.
pub(crate) struct OneObject;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for OneObject {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        let mut now = String::new();
        SystemTime.format_time(&mut Writer::new(&mut now))?;
        line.insert("timestamp".to_owned(), now.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                add(&mut line, fields);
            }
        }
        let mut said = String::new();
        context.format_fields(Writer::new(&mut said), event)?;
        add(&mut line, &said);
        let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// The format for people: time, level, the module that speaks, message and fields. What spans know is left to the other one.
pub(crate) struct OneLine;

impl<S, N> FormatEvent<S, N> for OneLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let colour = match *level {
            _ if !writer.has_ansi_escapes() => "",
            Level::ERROR => "\x1b[31m",
            Level::WARN => "\x1b[33m",
            Level::INFO => "\x1b[32m",
            _ => "\x1b[34m",
        };
        let plain = if colour.is_empty() { "" } else { "\x1b[0m" };
        SystemTime.format_time(&mut writer)?;
        write!(writer, " {colour}{level:>5}{plain} {target}: ")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
pub(crate) mod written;

fn add(line: &mut Map<String, Value>, fields: &str) {
    if let Ok(Value::Object(fields)) = serde_json::from_str(fields) {
        line.extend(fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;
    use written::Written;

    #[test]
    fn people_get_one_line_without_spans() {
        let written = Written::default();
        tracing::subscriber::with_default(written.subscriber(), || {
            let _inside = tracing::info_span!("job", job_id = "j1").entered();
            tracing::info!(target: "api::upload", stream_id = %"vod-1", "uploaded");
        });
        let text = written.text();
        assert!(text.ends_with("Z  INFO api::upload: uploaded stream_id=vod-1\n"), "{text}");
    }

    #[test]
    fn spans_and_the_event_are_one_object() {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .fmt_fields(JsonFields::new())
            .event_format(OneObject)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let outer = tracing::info_span!("job", job_id = "j1", trace_id = tracing::field::Empty);
            outer.record("trace_id", "t1");
            let _inside = outer.entered();
            let _inner = tracing::info_span!("encode", job_id = "j2").entered();
            tracing::warn!(attempt = 3, "a \"quoted\" word");
        });
        let text = written.text();
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text.lines().count(), 1);
        for (field, value) in [
            ("level", "WARN".into()),
            ("message", "a \"quoted\" word".into()),
            ("job_id", "j2".into()),
            ("trace_id", "t1".into()),
            ("attempt", Value::from(3)),
        ] {
            assert_eq!(line[field], value, "{line}");
        }
    }
}
