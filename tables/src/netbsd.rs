//! NetBSD/amd64. What `netbsd_dispatch!` asks of its caller is said in [`crate::freebsd`].

crate::system::system!("netbsd");
