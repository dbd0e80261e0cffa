//! What a dashboard is made of.

/// A dashboard.
#[derive(Debug)]
pub struct Dashboard {
    /// Its address in Grafana: `/d/{uid}`.
    pub uid: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What can be chosen at its top: a name, and the query that lists the choices.
    pub variables: &'static [(&'static str, &'static str)],
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of panels under a title.
#[derive(Debug)]
pub struct Row {
    /// Its title.
    pub title: &'static str,
    /// Its panels.
    pub panels: Vec<Panel>,
}

/// What has to run beside the fleet for a panel to show anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exporter {
    /// What measures Kafka.
    Kafka,
    /// What measures MongoDB.
    Mongo,
    /// MinIO's own metrics.
    Minio,
}

/// A panel.
#[derive(Debug)]
pub struct Panel {
    /// Its title.
    pub title: &'static str,
    /// One number instead of a graph.
    pub(crate) is_stat: bool,
    /// The unit, as Grafana calls it.
    pub(crate) unit: &'static str,
    /// PromQL, each with its legend.
    pub queries: Vec<(&'static str, &'static str)>,
    /// From where on it is a warning, and an alarm.
    pub(crate) thresholds: Option<(f64, f64)>,
    /// The alerts about what it shows.
    pub alerts: &'static [&'static str],
    /// Where its numbers come from, if not from the services.
    pub exporter: Option<Exporter>,
}

/// Where a panel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its id in the dashboard.
    pub id: usize,
    /// Its upper left corner and its size, in Grafana's grid of 24 columns.
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// The columns of Grafana's grid, and how many of them a panel takes that shows one number.
const WIDTH: usize = 24;
const STAT: usize = 4;

/// A panel that shows one number.
pub(crate) fn stat(title: &'static str, unit: &'static str, query: &'static str) -> Panel {
    Panel { is_stat: true, ..graph(title, unit, vec![(query, "")]) }
}

/// A panel that shows lines over time.
pub(crate) fn graph(
    title: &'static str,
    unit: &'static str,
    queries: Vec<(&'static str, &'static str)>,
) -> Panel {
    Panel { title, is_stat: false, unit, queries, thresholds: None, alerts: &[], exporter: None }
}

impl Panel {
    pub(crate) fn thresholds(mut self, warning: f64, alarm: f64) -> Self {
        self.thresholds = Some((warning, alarm));
        self
    }

    pub(crate) fn alerts(mut self, alerts: &'static [&'static str]) -> Self {
        self.alerts = alerts;
        self
    }

    pub(crate) fn of(mut self, exporter: Exporter) -> Self {
        self.exporter = Some(exporter);
        self
    }
}

impl Row {
    /// Its panels line by line. Two graphs make a line; where one would be left alone, another line takes it in: the last, or
    /// the first where that has numbers, which take less room.
    fn lines(&self) -> Vec<&[Panel]> {
        let stats = self.panels.iter().take_while(|panel| panel.is_stat).count();
        let graphs = self.panels.len() - stats;
        let first = if stats > 0 { stats + graphs.min(2 - graphs % 2) } else { 0 };
        let (first, mut rest) = self.panels.split_at(first);
        let mut lines: Vec<&[Panel]> = [first].into_iter().filter(|line| !line.is_empty()).collect();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(if rest.len() == 3 { 3 } else { rest.len().min(2) });
            lines.push(line);
            rest = more;
        }
        lines
    }
}

impl Dashboard {
    /// All panels with their places: row by row, from left to right.
    #[must_use]
    pub fn panels(&self) -> Vec<(Place, &Panel)> {
        self.places().into_iter().flat_map(|(_, panels)| panels).collect()
    }

    /// Each row's own place, and those of its panels.
    pub(crate) fn places(&self) -> Vec<(Place, Vec<(Place, &Panel)>)> {
        let (mut id, mut y) = (0, 0);
        let mut next_id = || {
            id += 1;
            id
        };
        let mut rows = Vec::new();
        for row in &self.rows {
            let head = Place { id: next_id(), x: 0, y, width: WIDTH, height: 1 };
            y += 1;
            let mut panels = Vec::new();
            for line in row.lines() {
                let graphs = line.iter().filter(|panel| !panel.is_stat).count();
                let (stats, height) = (line.len() - graphs, if graphs > 0 { 8 } else { 4 });
                let mut x = 0;
                for panel in line {
                    let graph = || (WIDTH - STAT * stats) / graphs;
                    let width = if panel.is_stat { STAT } else { graph() };
                    panels.push((Place { id: next_id(), x, y, width, height }, panel));
                    x += width;
                }
                y += height;
            }
            rows.push((head, panels));
        }
        rows
    }
}
