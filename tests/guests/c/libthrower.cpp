// A shared object that throws into its user, and catches what its user throws.
#include <cstdio>
#include <stdexcept>

#include "libthrower.h"

struct Hidden {};

extern "C" void throw_it(int kind)
{
	switch (kind) {
	case 0:
		throw Own(5);
	case 1:
		throw std::length_error("from the object");
	default:
		throw Hidden();
	}
}

extern "C" int catch_it(void (*what)())
{
	try {
		what();
	} catch (const Own &own) {
		return own.number;
	} catch (const std::exception &error) {
		std::printf("%s\n", error.what());
		return -1;
	}
	return 0;
}
