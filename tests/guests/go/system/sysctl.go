//go:build freebsd

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
)

// sysctl asks for the size, then for the value.
func sysctl(mib []int32, new []byte) ([]byte, errno) {
	var size, newAt, newLength uintptr
	if len(new) > 0 {
		newAt, newLength = at(&new[0]), uintptr(len(new))
	}
	_, err := call(202, at(&mib[0]), uintptr(len(mib)), 0, at(&size), newAt, newLength)
	if err != 0 {
		return nil, err
	}
	size += 4096
	value := make([]byte, size)
	_, err = call(202, at(&mib[0]), uintptr(len(mib)), at(&value[0]), at(&size), newAt, newLength)
	return value[:size], err
}

func number(name string) []int32 {
	value, _ := sysctl([]int32{0, 3}, []byte(name))
	return words(value)
}

func words(value []byte) []int32 {
	found := make([]int32, len(value)/4)
	binary.Decode(value[:4*len(found)], binary.LittleEndian, found)
	return found
}

func text(value []byte) string {
	before, _, _ := bytes.Cut(value, []byte{0})
	return string(before)
}

// tree walks all names: each must lead back to its number, have a format and, without a process, a value.
func tree() {
	current := []int32{1}
	names, wrong := 0, 0
	for {
		next, err := sysctl(append([]int32{0, 2}, current...), nil)
		if err != 0 {
			line("end", err)
			break
		}
		if slices.Compare(current, words(next)) >= 0 {
			line("not ascending", current, words(next))
			break
		}
		current = words(next)
		name, named := sysctl(append([]int32{0, 1}, current...), nil)
		format, formatted := sysctl(append([]int32{0, 4}, current...), nil)
		back := number(text(name))
		if strings.HasSuffix(text(name), ".") {
			// A node's child without a name: by that name the node is found (name2oid drops the dot).
			back = append(back, current[len(current)-1])
		}
		if named != 0 || formatted != 0 || len(format) < 5 || !slices.Equal(back, current) {
			line("wrong", current, text(name), named, formatted, back)
			wrong++
		}
		names++
	}
	line("walked", names > 150, wrong)
}

func values() {
	for _, name := range []string{"kern.ostype", "hw.machine", "hw.machine_arch", "user.cs_path", "kern.ident"} {
		value, err := sysctl(number(name), nil)
		line(name, text(value), err)
	}
	for _, name := range []string{"hw.pagesize", "hw.byteorder", "kern.argmax", "kern.iov_max", "kern.ngroups", "vm.overcommit", "security.jail.jailed"} {
		value, err := sysctl(number(name), nil)
		line(name, words(value), err)
	}
	for _, name := range []string{"hw.ncpu", "hw.physmem", "kern.osreldate", "kern.maxproc", "kern.usrstack", "kern.ps_strings", "kern.boottime",
		"vm.loadavg", "kern.clockrate", "hw.pagesizes", "kern.cp_time", "vm.vmtotal", "kern.hostuuid", "kern.smp.maxcpus"} {
		value, err := sysctl(number(name), nil)
		filled := slices.ContainsFunc(value, func(b byte) bool { return b != 0 })
		size := fmt.Sprint(len(value))
		line(name, size, filled, err)
	}
	release, _ := sysctl(number("kern.osrelease"), nil)
	version, _ := sysctl(number("kern.version"), nil)
	line("the version names the release", strings.HasPrefix(text(version), "FreeBSD "+text(release)+" "))
	host, _ := sysctl([]int32{1, 10}, nil)
	name, _ := os.Hostname()
	line("hostname", text(host) == name)
	one, other := make([]byte, 32), make([]byte, 32)
	size := uintptr(32)
	call(202, at(&[]int32{1, 37}[0]), 2, at(&one[0]), at(&size))
	call(202, at(&[]int32{1, 37}[0]), 2, at(&other[0]), at(&size))
	line("random", size, !bytes.Equal(one, other))
}

func sysctlErrors() {
	for _, mib := range [][]int32{{1}, {1, 999}, {1, 14}, {1, 1, 5}, {99, 1}, {1, 14, 12, 0x7ffffff0}} {
		_, err := sysctl(mib, nil)
		line(fmt.Sprint(mib), err)
	}
	_, err := sysctl([]int32{6, 3}, []byte{1, 0, 0, 0})
	line("read only", err)
	_, err = sysctl([]int32{0, 3}, []byte("kern.nothing"))
	line("no name", err)
	room := uintptr(3)
	value := make([]byte, 8)
	_, err = call(202, at(&[]int32{1, 1}[0]), 2, at(&value[0]), at(&room))
	line("too short", err, room, text(value))
	byName := []byte("kern.ostype")
	room = 8
	_, err = call(570, at(&byName[0]), uintptr(len(byName)), at(&value[0]), at(&room))
	line("by name", err, room, text(value))
}
