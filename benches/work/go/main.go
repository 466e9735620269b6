// The workloads that are written in Go.
//
//	go-work NAME [ARGUMENT]
//
// Each line of standard input is a number: how often to do the work now. Each is answered by a line with the nanoseconds
// that it took, and what came out, which is a function of the number alone.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A work prepares itself with its argument and returns what does the work.
type work func(argument string) func(count int) uint64

var works = map[string]work{
	"idle":    idle,
	"getppid": getppid,
	"read":    read,
	"now":     now,
	"tcp":     tcp,
	"sha256":  digest,
	"sort":    sorted,
	"load":    load,
}

func main() {
	if len(os.Args) < 2 {
		return
	}
	argument := ""
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	if os.Args[1] == "serve" {
		serve()
	}
	prepare, known := works[os.Args[1]]
	if !known {
		fmt.Fprintln(os.Stderr, os.Args[1], "is no work")
		os.Exit(2)
	}
	run := prepare(argument)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		count, err := strconv.Atoi(lines.Text())
		check(err)
		before := time.Now()
		answer := run(count)
		fmt.Println(time.Since(before).Nanoseconds(), answer)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}
