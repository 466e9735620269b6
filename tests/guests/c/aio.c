/* Asynchronous input and output: every way to start, wait, cancel and be told. */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/wait.h>
#include <sys/uio.h>
#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <pthread_np.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <sys/socket.h>

#include "show.h"

static volatile sig_atomic_t hits, code, value;
static volatile int told, elsewhere;
static sem_t noticed;
static pthread_t main_thread;

static void ring(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	hits++;
	code = info->si_code;
	value = info->si_value.sival_int;
}

static int finish(struct aiocb *one)
{
	const struct aiocb *list[1] = { one };
	while (aio_error(one) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	return aio_error(one);
}

static void in_thread(union sigval what)
{
	told = what.sival_int;
	elsewhere = !pthread_equal(pthread_self(), main_thread);
	sem_post(&noticed);
}

static void notices_to_threads(struct aiocb *one)
{
	pthread_attr_t attr;

	main_thread = pthread_self();
	must(sem_init(&noticed, 0, 0) == 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	one->aio_sigevent.sigev_notify = SIGEV_THREAD;
	one->aio_sigevent.sigev_notify_function = in_thread;
	one->aio_sigevent.sigev_notify_attributes = &attr;
	one->aio_sigevent.sigev_value.sival_int = 35;
	calls(aio_write(one));
	while (sem_wait(&noticed) != 0)
		;
	show(told);
	show(elsewhere);
	calls(aio_return(one));

	hits = value = 0;
	one->aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
	one->aio_sigevent.sigev_notify_thread_id = pthread_getthreadid_np();
	one->aio_sigevent.sigev_signo = SIGUSR1;
	one->aio_sigevent.sigev_value.sival_int = 36;
	calls(aio_write(one));
	for (int i = 0; i < 5000 && hits == 0; i++)
		usleep(1000);
	show(hits);
	show(value);
	calls(aio_return(one));
}

int main(void)
{
	char name[] = "aioXXXXXX", text[64] = "", more[64] = "";
	struct aiocb one = { 0 }, two = { 0 }, *done, *list[3] = { &one, NULL, &two };
	const struct aiocb *waited[1] = { &one };
	struct timespec soon = { 0, 20000000 };
	struct sigevent event = { 0 };
	struct kevent found;
	int file, ends[2], queue;

	say_at_once();
	file = mkstemp(name);
	must(file >= 0);
	one.aio_fildes = file;
	one.aio_buf = "hello, world";
	one.aio_nbytes = 12;
	calls(aio_write(&one));
	gives(finish(&one));
	calls(aio_return(&one));
	calls(aio_return(&one));
	one.aio_buf = text;
	one.aio_offset = 7;
	calls(aio_read(&one));
	gives(finish(&one));
	calls(aio_return(&one));
	show_text(text);
	one.aio_fildes = 99;
	calls(aio_read(&one));
	one.aio_fildes = file;
	one.aio_offset = -5;
	calls(aio_read(&one));
	one.aio_offset = 0;
	calls(aio_fsync(O_SYNC, &one));
	gives(finish(&one));
	calls(aio_return(&one));

	printf("-- lists\n");
	one.aio_lio_opcode = LIO_WRITE;
	one.aio_buf = "HELLO";
	one.aio_nbytes = 5;
	two.aio_fildes = file;
	two.aio_lio_opcode = LIO_WRITE;
	two.aio_buf = "WORLD";
	two.aio_nbytes = 5;
	two.aio_offset = 7;
	calls(lio_listio(LIO_WAIT, list, 3, NULL));
	calls(aio_return(&one));
	calls(aio_return(&two));
	must(pread(file, text, 12, 0) == 12);
	show_text(text);

	printf("-- notices\n");
	struct sigaction action = { .sa_sigaction = ring, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, NULL);
	one.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
	one.aio_sigevent.sigev_signo = SIGUSR1;
	one.aio_sigevent.sigev_value.sival_int = 33;
	calls(aio_write(&one));
	for (int i = 0; i < 5000 && hits == 0; i++)
		usleep(1000);
	show(hits);
	show(code == SI_ASYNCIO);
	show(value);
	calls(aio_return(&one));
	queue = kqueue();
	one.aio_sigevent.sigev_notify = SIGEV_KEVENT;
	one.aio_sigevent.sigev_notify_kqueue = queue;
	one.aio_sigevent.sigev_value.sival_ptr = &two;
	calls(aio_write(&one));
	calls(kevent(queue, NULL, 0, &found, 1, NULL));
	show(found.filter == EVFILT_AIO);
	show(found.ident == (unsigned long)&one);
	show(found.udata == &two);
	calls(aio_return(&one));
	one.aio_sigevent.sigev_notify = SIGEV_NONE;
	calls(aio_write(&one));
	calls(aio_waitcomplete(&done, NULL));
	show(done == &one);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = SIGUSR1;
	event.sigev_value.sival_int = 34;
	hits = 0;
	calls(lio_listio(LIO_NOWAIT, list, 3, &event));
	for (int i = 0; i < 5000 && hits == 0; i++)
		usleep(1000);
	show(hits);
	show(value);
	calls(aio_return(&one));
	calls(aio_return(&two));

	printf("-- notices to threads\n");
	notices_to_threads(&one);

	printf("-- waiting and cancelling\n");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	memset(&one, 0, sizeof(one));
	one.aio_fildes = ends[0];
	one.aio_buf = more;
	one.aio_nbytes = 10;
	calls(aio_read(&one));
	gives(aio_error(&one));
	calls(aio_suspend(waited, 1, &soon));
	show(aio_cancel(ends[0], &one) == AIO_CANCELED);
	gives(aio_error(&one));
	calls(aio_return(&one));
	calls(aio_read(&one));
	must(write(ends[1], "arrived", 7) == 7);
	gives(finish(&one));
	calls(aio_return(&one));
	show_text(more);
	show(aio_cancel(ends[0], NULL) == AIO_ALLDONE);
	soon.tv_nsec = 1000000;
	calls(aio_waitcomplete(&done, &soon));
	struct iovec parts[2] = { { "part one ", 9 }, { "part two", 8 } };
	memset(&one, 0, sizeof(one));
	one.aio_fildes = file;
	one.aio_iov = parts;
	one.aio_iovcnt = 2;
	calls(aio_writev(&one));
	gives(finish(&one));
	calls(aio_return(&one));
	memset(text, 0, sizeof(text));
	must(pread(file, text, 17, 0) == 17);
	show_text(text);
	unlink(name);
	return 0;
}
