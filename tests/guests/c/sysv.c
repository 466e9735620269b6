/* System V: shared memory, semaphores, message queues, keys. */
#include <sys/types.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <signal.h>

#include "show.h"

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static int ended(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void memory(void)
{
	struct shmid_ds info;
	int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
	must(id >= 0);
	char *at = shmat(id, NULL, 0), *again;
	must(at != (char *)-1);
	show(at[9999]);
	pid_t pid = fork();
	if (pid == 0) {
		strcpy(at, "from the child");
		_exit(0);
	}
	show(ended(pid));
	show_text(at);
	again = shmat(id, NULL, SHM_RDONLY);
	show_text(again);
	calls(shmctl(id, IPC_STAT, &info));
	show(info.shm_segsz);
	show(info.shm_nattch);
	show(info.shm_cpid == getpid());
	printf("%o\n", info.shm_perm.mode & 0777);
	show(info.shm_perm.cuid == geteuid());
	info.shm_perm.mode = 0640;
	calls(shmctl(id, IPC_SET, &info));
	calls(shmctl(id, IPC_STAT, &info));
	printf("%o\n", info.shm_perm.mode & 0777);
	calls(shmdt(again));
	calls(shmdt(again));
	calls(shmctl(id, IPC_RMID, NULL));
	show_text(at);
	calls(shmdt(at));
	show(shmat(id, NULL, 0) == (void *)-1);
	show_text(strerror(errno));
	calls(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
}

static void down(int id, int which, short by, short flags)
{
	struct sembuf op = { .sem_num = (unsigned short)which, .sem_op = by, .sem_flg = flags };
	calls(semop(id, &op, 1));
}

static void semaphores(void)
{
	union semun arg;
	unsigned short values[3] = { 5, 0, 2 };
	struct semid_ds info;
	int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	must(id >= 0);
	arg.array = values;
	calls(semctl(id, 0, SETALL, arg));
	arg.val = 7;
	calls(semctl(id, 1, SETVAL, arg));
	calls(semctl(id, 1, GETVAL));
	down(id, 0, -3, 0);
	calls(semctl(id, 0, GETVAL));
	down(id, 0, -3, IPC_NOWAIT);
	down(id, 0, 0, IPC_NOWAIT);
	calls(semctl(id, 0, GETPID) == getpid());
	pid_t pid = fork();
	if (pid == 0) {
		struct sembuf op = { 0, -5, 0 };
		_exit(semop(id, &op, 1) == 0 ? 4 : 5);
	}
	while (semctl(id, 0, GETNCNT) == 0)
		usleep(1000);
	down(id, 0, 3, 0);
	show(ended(pid));
	calls(semctl(id, 0, GETVAL));
	pid = fork();
	if (pid == 0) {
		struct sembuf op = { 2, -1, SEM_UNDO };
		_exit(semop(id, &op, 1) == 0 && semctl(id, 2, GETVAL) == 1 ? 6 : 7);
	}
	show(ended(pid));
	calls(semctl(id, 2, GETVAL));
	memset(values, 0, sizeof(values));
	arg.array = values;
	calls(semctl(id, 0, GETALL, arg));
	printf("%d %d %d\n", values[0], values[1], values[2]);
	arg.buf = &info;
	calls(semctl(id, 0, IPC_STAT, arg));
	show(info.sem_nsems);
	printf("%o\n", info.sem_perm.mode & 0777);
	down(id, 9, 1, 0);
	pid = fork();
	if (pid == 0) {
		struct sembuf op = { 0, -50, 0 };
		errno = 0;
		semop(id, &op, 1);
		_exit(errno == EIDRM ? 8 : 9);
	}
	while (semctl(id, 0, GETNCNT) == 0)
		usleep(1000);
	calls(semctl(id, 0, IPC_RMID));
	show(ended(pid));
	calls(semctl(id, 0, GETVAL));
}

static void queues(void)
{
	struct { long type; char text[64]; } message;
	struct msqid_ds info;
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	must(id >= 0);
	for (int i = 1; i <= 4; i++) {
		message.type = i % 2 + 1;
		snprintf(message.text, sizeof(message.text), "message %d", i);
		must(msgsnd(id, &message, strlen(message.text) + 1, 0) == 0);
	}
	calls(msgctl(id, IPC_STAT, &info));
	show(info.msg_qnum);
	show(info.msg_lspid == getpid());
	calls(msgrcv(id, &message, sizeof(message.text), 0, 0));
	printf("%ld %s\n", message.type, message.text);
	calls(msgrcv(id, &message, sizeof(message.text), 1, 0));
	printf("%ld %s\n", message.type, message.text);
	calls(msgrcv(id, &message, sizeof(message.text), -2, 0));
	printf("%ld %s\n", message.type, message.text);
	calls(msgrcv(id, &message, 3, 0, 0));
	calls(msgrcv(id, &message, 3, 0, MSG_NOERROR));
	printf("%ld %.3s\n", message.type, message.text);
	calls(msgrcv(id, &message, sizeof(message.text), 0, IPC_NOWAIT));
	message.type = 0;
	calls(msgsnd(id, &message, 1, 0));
	pid_t pid = fork();
	if (pid == 0) {
		usleep(20000);
		message.type = 5;
		strcpy(message.text, "late");
		_exit(msgsnd(id, &message, 5, 0));
	}
	calls(msgrcv(id, &message, sizeof(message.text), 5, 0));
	show_text(message.text);
	show(ended(pid));
	calls(msgctl(id, IPC_RMID, NULL));
	calls(msgsnd(id, &message, 1, 0));
}

int main(void)
{
	say_at_once();
	printf("-- shared memory\n");
	memory();
	printf("-- semaphores\n");
	semaphores();
	printf("-- message queues\n");
	queues();
	show(ftok(".", 'a') == ftok(".", 'a') && ftok(".", 'a') != ftok(".", 'b'));
	show(ftok("missing", 'a'));
	return 0;
}
