//go:build freebsd

package main

import (
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
)

func settings() {
	const self = 0
	for _, command := range []struct {
		name        string
		set, status uintptr
		values      []int32
	}{
		{"stack gap", 17, 18, []int32{2, 4, 3, 16}},
		{"address randomisation", 13, 14, []int32{2, 3, 4}},
		{"protection maximum", 15, 16, []int32{1, 3, 0}},
		{"death signal", 11, 12, []int32{15, 0, 129}},
		{"write and execute", 21, 22, []int32{1, 3}},
	} {
		for _, value := range command.values {
			var now int32
			_, set := call(544, 0, self, command.set, at(&value))
			_, got := call(544, 0, self, command.status, at(&now))
			line(command.name, value, set, got, now&^(-1<<31))
		}
	}
	var value int32
	_, err := call(544, 0, 0x7ffffff0, 8, at(&value))
	line("of nobody", err)
	_, err = call(544, 5, 0, 8, at(&value))
	line("of no kind", err)
	_, err = call(544, 0, 0, 99, at(&value))
	line("no such command", err)
	_, err = call(544, 0, 0, 20, at(&value))
	line("new privileges", err, value)
}

func reaper() {
	var status [20]uint32
	_, err := call(544, 0, 0, 4, at(&status))
	line("before", err, status[0]&1)
	_, err = call(544, 0, 0, 2, 0)
	_, twice := call(544, 0, 0, 2, 0)
	line("acquire", err, twice)
	one := start("wait")
	_, err = call(544, 0, 0, 4, at(&status))
	line("with a child", err, status[0]&1, status[1], status[2], status[3] == uint32(os.Getpid()), status[4] == uint32(one.Process.Pid))
	var pids [18]uint32
	listing := struct {
		count uint32
		pad   [15]uint32
		pids  uintptr
	}{count: 1, pids: at(&pids)}
	_, err = call(544, 0, 0, 5, at(&listing))
	line("list", err, pids[0] == uint32(one.Process.Pid), pids[2]&3)
	kill := [20]uint32{9, 0}
	_, err = call(544, 0, 0, 6, at(&kill))
	one.Wait()
	line("kill", err, kill[3])
	_, err = call(544, 0, 0, 3, 0)
	_, twice = call(544, 0, 0, 3, 0)
	line("release", err, twice)
}

func limits() {
	const infinity = 1<<63 - 1
	for which := 0; which <= 17; which++ {
		var limit [2]int64
		_, err := call(194, uintptr(which), at(&limit))
		line(fmt.Sprint(which), err, limit[0] >= 0 && limit[0] <= limit[1])
	}
	core := [2]int64{-1, 4096}
	_, err := call(195, 4, at(&core))
	var now [2]int64
	call(194, 4, at(&now))
	line("a soft limit above the hard one", err, now)
	unknown := [2]int64{1000, 2000}
	_, err = call(195, 9, at(&unknown))
	call(194, 9, at(&now))
	line("one that the host has not", err, now)
	call(194, 10, at(&now))
	line("infinity", now[1] == infinity)
	var used int64
	_, err = call(589, 8, 0, at(&used))
	line("descriptors in use", err, used >= 3)
	_, err = call(589, 1, 0, at(&used))
	line("file size in use", err)
	_, err = call(589, 99, 0, at(&used))
	line("no such limit", err)
}

func ids() {
	line("issetugid", first(call(253)))
	line("own ids", syscall.Setuid(syscall.Getuid()), syscall.Setgid(syscall.Getgid()), syscall.Setreuid(-1, -1), syscall.Setregid(-1, -1))
	_, err := call(311, self, self, self)
	line("setresuid", err)
	var three [3]uint32
	_, err = call(360, at(&three[0]), 0, at(&three[2]))
	line("getresuid", err, three[0] == uint32(os.Getuid()), three[2] == uint32(os.Geteuid()))
	groups, failed := syscall.Getgroups()
	line("groups", failed, len(groups) > 0 && groups[0] == os.Getegid())
	one := make([]uint32, 1)
	count, err := call(79, 0, 0)
	line("count", int(count) == len(groups), err)
	if count > 1 {
		_, err = call(79, 1, at(&one[0]))
	} else {
		err = errno(syscall.EINVAL)
	}
	line("too little room", err)
	_, err = call(79, ^uintptr(0), at(&one[0]))
	line("negative room", err)
	name := make([]byte, 33)
	_, err = call(49, at(&name[0]), 33)
	line("login", err, text(name) != "")
	_, err = call(49, at(&name[0]), 0)
	line("no room for it", err)
	class := make([]byte, 33)
	_, err = call(523, at(&class[0]), 33)
	line("class", err, text(class))
	_, err = call(82, uintptr(os.Getpid()), self)
	line("setpgid", err)
	_, err = call(310, 0x7ffffff0)
	line("session of nobody", err)
}

func first[A, B any](a A, _ B) A { return a }

func processors() {
	mask := make([]byte, 256)
	result, err := call(487, 3, 1, self, 128, at(&mask[0]))
	line("own", result, err, slices.ContainsFunc(mask[:128], func(b byte) bool { return b != 0 }))
	for _, subject := range [][3]uintptr{{3, 2, 0}, {3, 3, self}, {1, 2, self}, {2, 2, self}, {4, 1, self}, {3, 99, self}, {3, 1, 0x7ffffff0}} {
		_, err = call(487, subject[0], subject[1], subject[2], 128, at(&mask[0]))
		line("level, kind", subject[0], subject[1], err)
	}
	_, err = call(487, 3, 1, self, 0, at(&mask[0]))
	line("too short", err)
	_, err = call(488, 3, 1, self, 8, at(&[]byte{0, 0, 0, 0, 0, 0, 0, 0}[0]))
	line("none", err)
	_, err = call(487, 3, 1, self, 128, at(&mask[0]))
	_, set := call(488, 3, 1, self, 128, at(&mask[0]))
	line("the same again", err, set)
	var id int32
	_, err = call(486, 2, 2, self, at(&id))
	line("set", err, id)
	var domains [32]byte
	var policy int32
	_, err = call(561, 3, 2, self, 32, at(&domains), at(&policy))
	line("domains", err, domains[0], policy)
	cpu, err := call(581)
	line("on", err, mask[cpu/8]&(1<<(cpu%8)) != 0)
}

func priorities() {
	nice, failed := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	line("nice", nice >= -20 && nice <= 20, failed)
	failed = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice)
	line("the same again", failed)
	_, err := call(100, 5, 0)
	line("of no kind", err)
	for _, policy := range []uintptr{1, 2, 3, 4} {
		low, _ := call(333, policy)
		high, err := call(332, policy)
		line("policy", policy, int(low), int(high), err)
	}
	policy, err := call(330, 0)
	line("own", policy, err)
	var rtp [2]uint16
	_, err = call(166, 0, 0, at(&rtp))
	line("rtprio", err, rtp)
	_, err = call(166, 9, 0, at(&rtp))
	line("no such function", err)
}

func interfaces() {
	all, failed := net.Interfaces()
	loopback := slices.IndexFunc(all, func(one net.Interface) bool { return one.Flags&net.FlagLoopback != 0 })
	line("interfaces", failed, loopback >= 0)
	if loopback < 0 {
		return
	}
	addresses, failed := all[loopback].Addrs()
	found := slices.ContainsFunc(addresses, func(one net.Addr) bool { return one.String() == "127.0.0.1/8" })
	line("loopback", failed, all[loopback].MTU > 0, found)
	for _, query := range []int32{1, 3, 4, 5, 9} {
		_, err := sysctl([]int32{4, 17, 0, 0, query, 0}, nil)
		line("query", query, err)
	}
	_, err := sysctl([]int32{4, 17, 0}, nil)
	line("no query", err)
}
