//! Every method there is, from the descriptors, so that metrics and spans have names that no client can make up.

use prost::Message;
use std::collections::HashMap;
use std::sync::Arc;

use crate::pb;

/// A method of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    /// Name of the service with its package.
    pub(crate) service: Arc<str>,
    /// Name of the method.
    pub(crate) name: Arc<str>,
    /// Whether it is answered without a caller and without waiting for a slot: health and reflection.
    pub(crate) is_open: bool,
}

/// The methods by their paths.
#[derive(Clone, Debug)]
pub(crate) struct Methods {
    by_path: HashMap<String, Method>,
    unknown: Method,
}

/// Methods of services that come with the libraries.
const OPEN: [(&str, &[&str]); 2] =
    [("grpc.health.v1.Health", &["Check", "List", "Watch"]), ("grpc.reflection.v1.ServerReflection", &["ServerReflectionInfo"])];

impl Methods {
    /// Reads the descriptors of our own services and adds those that are open.
    pub(crate) fn read() -> Result<Self, prost::DecodeError> {
        let descriptors = prost_types::FileDescriptorSet::decode(pb::DESCRIPTORS)?;
        let mut methods = Self { by_path: HashMap::new(), unknown: method("unknown", "unknown", false) };
        for file in &descriptors.file {
            for service in &file.service {
                let service_name = format!("{}.{}", file.package(), service.name());
                for descriptor in &service.method {
                    methods.add(method(&service_name, descriptor.name(), false));
                }
            }
        }
        for (service, names) in OPEN {
            for name in names {
                methods.add(method(service, name, true));
            }
        }
        Ok(methods)
    }

    fn add(&mut self, method: Method) {
        self.by_path.insert(format!("/{}/{}", method.service, method.name), method);
    }

    /// The method under a path; one that does not exist has the name `unknown`.
    pub(crate) fn find(&self, path: &str) -> &Method {
        self.by_path.get(path).unwrap_or(&self.unknown)
    }

    /// Names of our own services, sorted.
    pub(crate) fn own_services(&self) -> Vec<Arc<str>> {
        let own = self.by_path.values().filter(|m| !m.is_open);
        let mut names: Vec<Arc<str>> = own.map(|m| Arc::clone(&m.service)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn method(service: &str, name: &str, is_open: bool) -> Method {
    Method { service: service.into(), name: name.into(), is_open }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_services_of_the_contract_are_known() {
        let methods = Methods::read().unwrap();
        assert_eq!(methods.own_services().len(), 9);
        assert_eq!(&*methods.find("/baoyici.v1.CollectionService/Submit").name, "Submit");
        assert!(methods.find("/grpc.health.v1.Health/Check").is_open);
        assert_eq!(&*methods.find("/baoyici.v1.CollectionService/Drop").name, "unknown");
    }
}
