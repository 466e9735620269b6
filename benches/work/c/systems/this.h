/* The system that is built for. */
#pragma once

#if defined FREEBSD
#include "freebsd.h"
#elif defined NETBSD
#include "netbsd.h"
#elif defined DRAGONFLY
#include "dragonfly.h"
#else
#include "linux.h"
#endif
