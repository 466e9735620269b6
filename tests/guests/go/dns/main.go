// A small name server on loopback, and Go's own resolver asking it, over UDP and TCP.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	typeA     = 1
	typeCNAME = 5
	typePTR   = 12
	typeMX    = 15
	typeTXT   = 16
	typeAAAA  = 28
)

type record struct {
	kind uint16
	data []byte
}

var records = map[string][]record{
	"one.test.":  {{typeA, []byte{192, 0, 2, 1}}, {typeAAAA, net.ParseIP("2001:db8::1")}},
	"many.test.": {},
	"mail.test.": {{typeMX, append([]byte{0, 10}, name("one.test.")...)}},
	"text.test.": {{typeTXT, append([]byte{5}, "hello"...)}},
	"nick.test.": {{typeCNAME, name("one.test.")}, {typeA, []byte{192, 0, 2, 1}}},
	// Reverse of 192.0.2.1.
	"1.2.0.192.in-addr.arpa.": {{typePTR, name("one.test.")}},
}

func main() {
	// Too many for a datagram of 512 bytes: the answer is cut and asked for again over TCP.
	for i := range 60 {
		records["many.test."] = append(records["many.test."], record{typeA, []byte{192, 0, 2, byte(i)}})
	}
	packets, listener := bothOnOnePort()
	address := packets.LocalAddr().String()
	go serveUDP(packets)
	go serveTCP(listener)

	var dialled sync.Map
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		dialled.Store(strings.TrimRight(network, "46"), true)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	hosts, err := resolver.LookupHost(ctx, "one.test.")
	sort.Strings(hosts)
	fmt.Println(hosts, err)
	four, err := resolver.LookupIP(ctx, "ip4", "many.test.")
	fmt.Println("many:", len(four), err)
	mx, err := resolver.LookupMX(ctx, "mail.test.")
	check(err)
	fmt.Println(mx[0].Host, mx[0].Pref)
	text, err := resolver.LookupTXT(ctx, "text.test.")
	fmt.Println(text, err)
	canonical, err := resolver.LookupCNAME(ctx, "nick.test.")
	fmt.Println(canonical, err)
	names, err := resolver.LookupAddr(ctx, "192.0.2.1")
	fmt.Println(names, err)
	_, err = resolver.LookupHost(ctx, "absent.test.")
	var failure *net.DNSError
	fmt.Println("absent:", errors.As(err, &failure) && failure.IsNotFound)

	var all sync.WaitGroup
	var wrong sync.Map
	for range 200 {
		all.Add(1)
		go func() {
			defer all.Done()
			if hosts, err := resolver.LookupHost(ctx, "one.test."); err != nil || len(hosts) != 2 {
				wrong.Store(fmt.Sprint(hosts, err), true)
			}
		}()
	}
	all.Wait()
	wrong.Range(func(what, _ any) bool { fmt.Println("wrong:", what); return true })
	_, udp := dialled.Load("udp")
	_, tcp := dialled.Load("tcp")
	fmt.Println("asked over udp:", udp, "over tcp:", tcp)
}

func serveUDP(packets net.PacketConn) {
	buffer := make([]byte, 2000)
	for {
		n, from, err := packets.ReadFrom(buffer)
		if err != nil {
			return
		}
		packets.WriteTo(answer(buffer[:n], 512), from)
	}
}

// Whoever else runs may hold the TCP port whose UDP namesake the kernel chose: then another is tried.
func bothOnOnePort() (net.PacketConn, net.Listener) {
	for tries := 0; ; tries++ {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		check(err)
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		if tries == 20 {
			check(err)
		}
		packets.Close()
	}
}

func serveTCP(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			length := make([]byte, 2)
			if _, err := io.ReadFull(connection, length); err != nil {
				return
			}
			question := make([]byte, binary.BigEndian.Uint16(length))
			if _, err := io.ReadFull(connection, question); err != nil {
				return
			}
			reply := answer(question, 60_000)
			connection.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
		}()
	}
}

// answer makes the reply to a message with one question, cut if it is longer than limit.
func answer(message []byte, limit int) []byte {
	asked, end := "", 12
	for message[end] != 0 {
		length := int(message[end])
		asked += string(message[end+1:end+1+length]) + "."
		end += length + 1
	}
	kind := binary.BigEndian.Uint16(message[end+1:])
	question := message[12 : end+5]

	found, exists := records[strings.ToLower(asked)]
	var body []byte
	count := 0
	for _, record := range found {
		if record.kind != kind && record.kind != typeCNAME {
			continue
		}
		owner := name(asked)
		if record.kind != typeCNAME && found[0].kind == typeCNAME {
			owner = name("one.test.")
		}
		body = append(body, owner...)
		body = binary.BigEndian.AppendUint16(body, record.kind)
		body = append(body, 0, 1, 0, 0, 0, 60)
		body = binary.BigEndian.AppendUint16(body, uint16(len(record.data)))
		body = append(body, record.data...)
		count++
	}
	flags := uint16(0x8580)
	if !exists {
		flags |= 3
	}
	if 12+len(question)+len(body) > limit {
		flags, body, count = flags|0x0200, nil, 0
	}
	reply := append([]byte{}, message[:2]...)
	for _, field := range []uint16{flags, 1, uint16(count), 0, 0} {
		reply = binary.BigEndian.AppendUint16(reply, field)
	}
	return append(append(reply, question...), body...)
}

func name(dotted string) []byte {
	var wire []byte
	for _, label := range strings.Split(strings.TrimSuffix(dotted, "."), ".") {
		wire = append(append(wire, byte(len(label))), label...)
	}
	return append(wire, 0)
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
