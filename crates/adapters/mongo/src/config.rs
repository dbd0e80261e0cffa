//! Where the catalog is.

use mongodb::options::ConnectionString;
use service_kit::settings::{MONGO_DB, MONGO_URI, Settings};

/// A database of a MongoDB server or replica set.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) address: ConnectionString,
    pub(crate) database: String,
}

impl Config {
    /// The address and database that the settings name; wrong ones are noted there.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let (address, database) = (settings.text(MONGO_URI), settings.text(MONGO_DB));
        Self::new(&address, &database).unwrap_or_else(|wrong| {
            for (setting, text) in wrong {
                settings.problem(setting, text);
            }
            Self { address: ConnectionString::default(), database }
        })
    }

    fn new(address: &str, database: &str) -> Result<Self, Vec<(service_kit::settings::Setting, String)>> {
        let mut wrong = Vec::new();
        let address = ConnectionString::parse(address).map_err(|error| {
            // The address itself stays out of the text: it may hold a password.
            wrong.push((
                MONGO_URI,
                format!("is not mongodb://[USER:PASSWORD@]HOST:PORT[,...]/[?OPTIONS]: {error}"),
            ));
        });
        if !is_database_name(database) {
            let rule = "1 to 63 bytes of letters, digits, - and _";
            wrong.push((MONGO_DB, format!("{database:?} is not the name of a database: {rule}")));
        }
        match address {
            Ok(address) if wrong.is_empty() => Ok(Self { address, database: database.to_owned() }),
            _ => Err(wrong),
        }
    }
}

/// Narrower than MongoDB's own rule, which differs between systems.
fn is_database_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..64).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(values: &[(&str, &str)]) -> Result<Config, String> {
        let environment: BTreeMap<String, String> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut settings = Settings::new(&environment);
        let config = Config::from_settings(&mut settings);
        settings.finish().map(|()| config).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn the_defaults_are_right() {
        let config = read(&[]).unwrap();
        assert_eq!(config.database, "pipeline");
        assert_eq!(config.address, ConnectionString::parse("mongodb://mongo:27017").unwrap());
    }

    #[test]
    fn a_replica_set_with_a_password_is_right() {
        read(&[("MONGO_URI", "mongodb://me:secret@a:1,b:2/?replicaSet=rs0&tls=true&authSource=admin")])
            .unwrap();
    }

    #[test]
    fn every_wrong_value_is_noted_and_no_password_shown() {
        let report = read(&[("MONGO_URI", "mongodb://me:sec/ret@a:99999"), ("MONGO_DB", "a/b")]).unwrap_err();
        assert!(report.contains("MONGO_URI: is not mongodb://"), "{report}");
        assert!(report.contains("MONGO_DB: \"a/b\" is not the name of a database"), "{report}");
        assert!(!report.contains("sec"), "{report}");
    }

    #[test]
    fn a_name_that_mongodb_refuses_is_wrong() {
        for name in ["a b", "a.b", "$a", "a\"", "ä", &"a".repeat(64)] {
            assert!(read(&[("MONGO_DB", name)]).is_err(), "{name}");
        }
        read(&[("MONGO_DB", &"a".repeat(63))]).unwrap();
    }

    #[test]
    fn a_config_hides_its_password() {
        let config = read(&[("MONGO_URI", "mongodb://me:secret@a:1")]).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
    }
}
