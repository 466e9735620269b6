// What exceptions.cpp and libthrower.cpp have in common.
#include <exception>

struct __attribute__((visibility("default"))) Own : std::exception {
	int number;
	explicit Own(int n) : number(n) {}
	const char *what() const noexcept override { return "own"; }
};
