//! Everything that is tested from outside the modules: the structure, the conversations, the built binary.

#[cfg(test)]
mod configuration;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod output;
#[cfg(test)]
mod run;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod screening;
#[cfg(test)]
mod symbols;
mod tidy;
#[cfg(test)]
mod universe;
