//! The settings of a process of the fleet, read and checked before anything is touched.

use crate::Role;
use service_kit::settings::{self, Environment, InvalidSettings, ProcessSettings, Settings};
use std::net::{IpAddr, Ipv4Addr};

/// Everything that a process is told.
pub(crate) struct FleetSettings<C> {
    pub(crate) process: ProcessSettings,
    /// Where it shows its health and metrics.
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) kafka: kafka::Config,
    pub(crate) mongo: mongo::Config,
    pub(crate) s3: s3::Config,
    pub(crate) role: C,
}

/// Reads all settings.
///
/// # Errors
/// All wrong ones at once.
pub(crate) fn read<R: Role>(
    environment: &dyn Environment,
) -> Result<FleetSettings<R::Config>, InvalidSettings> {
    let mut settings = Settings::new(environment);
    let read = FleetSettings {
        process: ProcessSettings::from_settings(&mut settings),
        address: settings.value(settings::LISTEN_ADDRESS, "an IP address", IpAddr::V4(Ipv4Addr::LOCALHOST)),
        port: settings.value(R::PORT, "a port", 0),
        kafka: kafka::Config::from_settings(&mut settings, R::NAME),
        mongo: mongo::Config::from_settings(&mut settings),
        s3: s3::Config::from_settings(&mut settings),
        role: R::settings(&mut settings),
    };
    settings.finish()?;
    Ok(read)
}
