//! A DHCP server that says what no server should.

use std::net::{SocketAddrV4, UdpSocket};

use socket2::{Domain, Socket, Type};

/// Answers each question with lies, and the truth last.
pub(crate) fn serve() {
    let bound = |address: [u8; 4], port: u16| -> UdpSocket {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        // All at one port.
        socket.set_reuse_address(true).unwrap();
        let address = SocketAddrV4::new(address.into(), port);
        socket.bind(&address.into()).unwrap();
        socket.into()
    };
    let socket = bound([0, 0, 0, 0], 67);
    let from = |last: u8, port: u16| bound([10, 1, 0, last], port);
    let senders = [1, 2, 3, 66].map(|last| (last, from(last, 67)));
    let odd = from(66, 6767);
    let send = |last: u8, packet: &[u8], to: SocketAddrV4| {
        let (_, socket) =
            senders.iter().find(|(known, _)| *known == last).unwrap();
        socket.send_to(packet, to).unwrap();
    };
    println!("the liar listens");
    let lie = |question: &[u8]| {
        let client: [u8; 4] = question[12..16].try_into().unwrap();
        let to = SocketAddrV4::new(client.into(), 68);
        let evil = b"http://evil.example/";
        // Another transaction, another client, no acknowledgement, another
        // port, another name, and an end that never comes.
        let mut packet = answer(question, 66, evil);
        packet[4] ^= 1;
        send(66, &packet, to);
        let mut packet = answer(question, 66, evil);
        packet[28] ^= 1;
        send(66, &packet, to);
        let mut packet = answer(question, 66, evil);
        packet[242] = 2;
        send(66, &packet, to);
        odd.send_to(&answer(question, 66, evil), to).unwrap();
        send(66, &answer(question, 1, evil), to);
        let mut packet = answer(question, 66, evil);
        packet.truncate(packet.len() - 4);
        send(66, &packet, to);
        send(66, b"junk", to);
        // Servers, with options that are of no use.
        let long = format!("http://evil.example/{}", "x".repeat(2980));
        send(2, &answer(question, 2, long.as_bytes()), to);
        send(3, &answer(question, 3, b"no address"), to);
        send(1, &answer(question, 1, b"http://10.1.0.1/wpad.dat\0\0"), to);
    };
    let listen = |socket: &UdpSocket| {
        let mut question = vec![0; 1500];
        loop {
            let (length, _) = socket.recv_from(&mut question).unwrap();
            lie(&question[..length]);
        }
    };
    // What is sent to all, and what to the server of the lease.
    std::thread::scope(|scope| {
        scope.spawn(|| listen(&socket));
        scope.spawn(|| listen(&senders[3].1));
    });
}

/// An acknowledgement of server 10.1.0.`server`.
fn answer(question: &[u8], server: u8, wpad: &[u8]) -> Vec<u8> {
    let mut packet = question[..240].to_vec();
    packet[0] = 2;
    packet.extend([53, 1, 5, 54, 4, 10, 1, 0, server]);
    for part in wpad.chunks(255) {
        packet.extend([252, part.len() as u8]);
        packet.extend(part);
    }
    packet.push(255);
    packet
}
