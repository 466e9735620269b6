package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"slices"
	"strconv"
)

// The digest of so many mebibytes.
func digest(string) func(int) uint64 {
	mebibyte := make([]byte, 1<<20)
	for i := range mebibyte {
		mebibyte[i] = byte(i * 7)
	}
	return func(count int) uint64 {
		hash := sha256.New()
		for range count {
			hash.Write(mebibyte)
		}
		return binary.LittleEndian.Uint64(hash.Sum(nil))
	}
}

// Makes, sorts and writes so many mebibytes of lines, of 16 bytes each.
func sorted(string) func(int) uint64 {
	return func(count int) (sum uint64) {
		lines := make([]string, 0, count<<16)
		state := uint64(1)
		for range count << 16 {
			state = state*6364136223846793005 + 1442695040888963407
			lines = append(lines, strconv.FormatUint(1e15+state>>16, 10)[:15])
		}
		slices.Sort(lines)
		file, err := os.Create("sorted")
		check(err)
		to := bufio.NewWriter(file)
		for i, line := range lines {
			to.WriteString(line)
			to.WriteByte('\n')
			if i%1000 == 0 {
				number, _ := strconv.ParseUint(line, 10, 64)
				sum = sum*31 + number
			}
		}
		check(to.Flush())
		check(file.Close())
		return sum
	}
}
