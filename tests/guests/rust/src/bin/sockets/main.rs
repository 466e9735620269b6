//! Sockets: names, errors, options, control messages, waiting, and files sent into streams.
#![no_std]
#![no_main]

mod control;
mod interfaces;
mod lists;
mod names;
mod net;
mod netlink;
mod options;
mod sending;
mod waiting;

use compat_guests::check;

compat_guests::entry!(main);

extern "C" fn main() {
    check::run(&[
        ("address-lengths", names::lengths),
        ("unix-names", names::unix),
        ("relative-names", names::relative),
        ("long-names", names::long),
        ("refused-addresses", names::refused),
        ("kinds-of-socket", options::kinds),
        ("option-values", options::values),
        ("option-errors", options::errors),
        ("peer-credentials", options::peer),
        ("connection-information", options::info),
        ("descriptors-are-passed", control::rights),
        ("descriptors-without-room-are-closed", control::truncated),
        ("malformed-control-messages", control::malformed),
        ("sent-credentials", control::credentials),
        ("unaccepted-credentials", control::unaccepted),
        ("datagram-information", control::datagram),
        ("poll", waiting::poll),
        ("select", waiting::select),
        ("accept-inherits", waiting::accept),
        ("urgent", waiting::urgent),
        ("room", waiting::room),
        ("thousands", waiting::thousands),
        ("broken-pipes", sending::broken),
        ("not-connected", sending::unconnected),
        ("whole-length-of-a-datagram", sending::whole),
        ("sendfile", sending::file),
        ("interfaces", interfaces::interfaces),
        ("netlink", netlink::netlink),
        ("listed-connections", lists::connections),
        ("listed-datagrams", lists::datagrams),
        ("listed-pairs", lists::pairs),
    ]);
}
