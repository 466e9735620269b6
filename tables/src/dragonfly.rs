//! DragonFly/amd64. What `dragonfly_dispatch!` asks of its caller is said in [`crate::freebsd`].

crate::system::system!("dragonfly");
