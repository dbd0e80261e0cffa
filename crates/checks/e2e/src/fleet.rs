//! The product as the fleet's programs, on the servers that the ordinary settings name.

use crate::{api::Api, member::Member, remains, secrets, standalone::Settings, surroundings::Surroundings};
use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use std::{fs, path::PathBuf, process::ExitStatus, time::Duration};
use tempfile::TempDir;

/// The fleet's programs.
pub const PROGRAMS: [&str; 4] = [API, "vod-processor", "live-processor", "transcode-worker"];
const API: &str = "api";

/// The program that is a client of the others.
const PRODUCER: &str = "producer";

/// Running programs, on topics, a database and buckets of their own. Dropping it kills them.
#[derive(Debug)]
pub struct Fleet {
    home: TempDir,
    surroundings: Surroundings,
    settings: Vec<(String, String)>,
    members: Vec<Member>,
    /// Members so far, of which some have left.
    joined: usize,
    api: Api,
    /// A test that ends before this has failed.
    finished: bool,
}

impl Fleet {
    /// Starts one of each program with these settings and waits until they are ready. The producer is among them when the
    /// settings switch it on.
    ///
    /// # Errors
    /// One of them does not become ready, or no server is named.
    pub async fn start(settings: Settings<'_>) -> Result<Self> {
        let home = remains::home()?;
        let surroundings = Surroundings::from_environment()?;
        let mut all = vec![("DATA_DIR".to_owned(), home.path().join("data").display().to_string())];
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let api = Api::at(([127, 0, 0, 1], 0).into())?;
        let mut fleet =
            Self { home, surroundings, settings: all, members: Vec::new(), joined: 0, api, finished: false };
        for program in PROGRAMS {
            fleet.add(program)?;
        }
        fleet.ready().await?;
        if settings.contains(&("PRODUCER", "on")) {
            // What it notes stays when it ends.
            let folder = fleet.home.path().join(PRODUCER).display().to_string();
            fleet.add_with(
                PRODUCER,
                [("API_ENDPOINT", fleet.api.url("/")?.to_string()), ("DATA_DIR", folder)],
            )?;
            fleet.ready().await?;
        }
        Ok(fleet)
    }

    fn add(&mut self, program: &'static str) -> Result<()> {
        self.add_with(program, [])
    }

    fn add_with<const N: usize>(&mut self, program: &'static str, own: [(&str, String); N]) -> Result<()> {
        self.joined += 1;
        let name = format!("{program}-{}", self.joined);
        let mut settings = self.surroundings.settings(&name);
        settings.extend(self.settings.iter().cloned());
        settings.extend(own.map(|(name, value)| (name.to_owned(), value)));
        self.members.push(Member::start(program, &name, self.home.path(), settings)?);
        Ok(())
    }

    /// Waits until all are ready; the API's address may be another one now.
    async fn ready(&mut self) -> Result<()> {
        let api =
            self.members.iter().position(|member| member.runs_one_of(&[API])).context("there is no API")?;
        let all = futures::future::try_join_all(self.members.iter_mut().map(Member::ready)).await?;
        self.api = all.into_iter().nth(api).context("the API is gone")?;
        Ok(())
    }

    /// A client of the running API.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Where each program answers with its health and its metrics.
    ///
    /// # Errors
    /// One of them does not tell.
    pub fn endpoints(&self) -> Result<Vec<(&'static str, Api)>> {
        self.members.iter().map(Member::endpoint).collect()
    }

    /// The programs' data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Kills all programs (`SIGKILL`), and makes sure that their encoders end with them.
    ///
    /// # Errors
    /// One of them lives on.
    pub async fn kill(&mut self) -> Result<()> {
        for member in &mut self.members {
            member.kill().await?;
        }
        remains::no_processes(self.home.path()).await
    }

    /// Tells all programs to stop (`SIGTERM`); the first failure, if any, and the longest time.
    ///
    /// # Errors
    /// One of them does not end.
    pub async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        let ended = futures::future::try_join_all(self.members.iter_mut().map(Member::stop)).await?;
        let longest = ended.iter().map(|(_, took)| *took).max().unwrap_or_default();
        let status = ended.iter().map(|(status, _)| *status).find(|status| !status.success());
        Ok((status.unwrap_or_default(), longest))
    }

    /// Starts all programs again. The API's address is another one.
    ///
    /// # Errors
    /// One of them does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        for member in &mut self.members {
            member.start_again()?;
        }
        self.ready().await
    }

    /// Kills every replica of these programs (`SIGKILL`).
    ///
    /// # Errors
    /// One of them has ended already.
    pub async fn kill_programs(&mut self, programs: &[&str]) -> Result<()> {
        for member in self.members.iter_mut().filter(|member| member.runs_one_of(programs)) {
            member.kill().await?;
        }
        Ok(())
    }

    /// Starts every replica of these programs, which were killed.
    ///
    /// # Errors
    /// One of them does not become ready.
    pub async fn start_programs_again(&mut self, programs: &[&str]) -> Result<()> {
        for member in self.members.iter_mut().filter(|member| member.runs_one_of(programs)) {
            member.start_again()?;
        }
        self.ready().await
    }

    /// Adds a replica of a program.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn join(&mut self, program: &'static str) -> Result<()> {
        self.add(program)?;
        self.members.last_mut().context("nobody has joined")?.ready().await?;
        Ok(())
    }

    /// Tells the oldest replica of a program to stop (`SIGTERM`), and waits until it has ended.
    ///
    /// # Errors
    /// It does not end well.
    pub async fn leave(&mut self, program: &str) -> Result<()> {
        let oldest = self.members.iter().position(|member| member.runs_one_of(&[program]));
        let mut member = self.members.remove(oldest.context("no replica is left")?);
        let (status, _) = member.stop().await?;
        ensure!(status.success(), "a {program} that left ended with {status}");
        self.ready().await
    }

    /// Stops the oldest replica of a program in the middle of whatever it does (`SIGSTOP`).
    ///
    /// # Errors
    /// None is left.
    pub fn pause(&self, program: &str) -> Result<()> {
        self.oldest(program)?.signal(Signal::SIGSTOP)
    }

    /// Lets the replica that was stopped go on (`SIGCONT`).
    ///
    /// # Errors
    /// It is gone.
    pub fn wake(&self, program: &str) -> Result<()> {
        self.oldest(program)?.signal(Signal::SIGCONT)
    }

    fn oldest(&self, program: &str) -> Result<&Member> {
        let oldest = self.members.iter().find(|member| member.runs_one_of(&[program]));
        oldest.context("no replica is left")
    }

    /// Everything that the replicas of a program have logged, those that have left too.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn logged(&self, program: &str) -> Result<String> {
        let mut all = String::new();
        for number in 1..=self.joined {
            let log = self.home.path().join(format!("{program}-{number}.log"));
            if log.exists() {
                all += &fs::read_to_string(log)?;
            }
        }
        Ok(all)
    }

    /// Stops all programs, and insists that nothing is left, no process and no temporary file, and that no secret was logged.
    /// Then removes what they made on the servers.
    ///
    /// # Errors
    /// What is left, or was logged.
    pub async fn finish(mut self) -> Result<()> {
        let (status, _) = self.stop().await?;
        ensure!(status.success(), "one ended with {status}");
        remains::no_processes(self.home.path()).await?;
        self.no_temporary_files()?;
        self.surroundings.remove().await?;
        let settings: Vec<_> = self.members.iter().flat_map(Member::settings).cloned().collect();
        secrets::none_in_logs(self.home.path(), &settings)?;
        self.finished = true;
        Ok(())
    }

    /// Insists that nothing temporary lies in the data folder.
    ///
    /// # Errors
    /// What lies there.
    pub fn no_temporary_files(&self) -> Result<()> {
        remains::no_files([self.data()])
    }

    /// Its event log.
    ///
    /// # Errors
    /// It does not open.
    pub async fn log(&self) -> Result<kafka::Log> {
        self.surroundings.log().await
    }

    /// Its object store.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn store(&self) -> Result<s3::S3> {
        self.surroundings.store().await
    }

    /// Every object that is stored, as `bucket/path`.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn objects(&self) -> Result<Vec<String>> {
        self.surroundings.objects().await
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for member in &mut self.members {
            member.abandon(!self.finished);
        }
    }
}
