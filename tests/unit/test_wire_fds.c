/* SPDX-License-Identifier: ISC */
/*
 * Datagrams and descriptors over a real pair of sockets.
 */
#include "tests/unit/sched_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "policyd/sched/wire.h"

struct pair {
	int a;
	int b;
	char room[WIRE_MAX];
	int fds[WIRE_FDS_MAX];
	size_t n_fds;
};

static int
pair_setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int ends[2];

	if (p == NULL || wire_open(ends) < 0)
		return -1;
	p->a = ends[0];
	p->b = ends[1];
	*state = p;
	return 0;
}

static int
pair_teardown(void **state)
{
	struct pair *p = *state;

	close(p->a);
	if (p->b >= 0)
		close(p->b);
	free(p);
	return 0;
}

/* The lowest descriptor that is free: unchanged when none was left open. */
static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void
messages_keep_their_borders(void **state)
{
	struct pair *p = *state;

	assert_int_equal(wire_send(p->a, span_str("SL"), NULL, 0), 0);
	assert_int_equal(wire_send(p->a, span_str("XL0"), NULL, 0), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 2);
	check_span("first", span_of(p->room, 2), span_str("SL"));
	assert_int_equal(p->n_fds, 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 3);
	check_span("second", span_of(p->room, 3), span_str("XL0"));
}

static void
receiving_and_sending_never_wait(void **state)
{
	struct pair *p = *state;
	int rc = 0;

	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(p->n_fds, 0);
	for (int i = 0; i < 100000 && rc == 0; i++)
		rc = wire_send(p->a, span_str("T"), NULL, 0);
	assert_int_equal(rc, -1);
	assert_int_equal(errno, EAGAIN);
}

static void
the_other_side_s_end_is_told(void **state)
{
	struct pair *p = *state;

	close(p->b);
	p->b = -1;
	assert_int_equal(wire_receive(p->a, p->room, p->fds, &p->n_fds), 0);
	assert_int_equal(wire_send(p->a, span_str("T"), NULL, 0), -1);
	assert_int_equal(errno, EPIPE);
}

/* One byte through a pipe whose ends went through the socket. */
static void
check_pipe(int write_end, int read_end)
{
	char c = 0;

	assert_int_equal(write(write_end, "x", 1), 1);
	assert_int_equal(read(read_end, &c, 1), 1);
	assert_int_equal(c, 'x');
}

static void
descriptors_come_along(void **state)
{
	struct pair *p = *state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(wire_send(p->a, span_str("SL"), ends, 2), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 2);
	assert_int_equal(p->n_fds, 2);
	check_pipe(p->fds[1], ends[0]);
	check_pipe(ends[1], p->fds[0]);
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(p->fds[i], F_GETFD) & FD_CLOEXEC);
		close(p->fds[i]);
		close(ends[i]);
	}
}

static void
one_descriptor_comes_alone(void **state)
{
	struct pair *p = *state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(wire_send(p->a, span_str("C1"), ends, 1), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 2);
	assert_int_equal(p->n_fds, 1);
	check_pipe(ends[1], p->fds[0]);
	close(p->fds[0]);
	close(ends[0]);
	close(ends[1]);
}

/* What no wire_send() sends: n descriptors. */
static void
send_many(int channel, int fd, size_t n)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char letter = 'T';
	struct iovec iov = {.iov_base = &letter, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = &control.align;

	memset(&control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(channel, &msg, 0), 1);
}

static void
more_descriptors_than_allowed_are_closed(void **state)
{
	struct pair *p = *state;
	int before = next_fd();

	for (size_t n = WIRE_FDS_MAX + 1; n <= 8; n++) {
		send_many(p->a, p->a, n);
		assert_int_equal(
		    wire_receive(p->b, p->room, p->fds, &p->n_fds), 1);
		assert_int_equal(p->n_fds, 0);
		assert_int_equal(next_fd(), before);
	}
}

/* Under valgrind a limit is one of its own, and recvmsg(2) knows none. */
static bool
limit_is_real(const struct rlimit *limit)
{
	FILE *file = fopen("/proc/self/limits", "r");
	unsigned long long soft = limit->rlim_cur;
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "Max open files %llu", &soft);
	if (file != NULL)
		fclose(file);
	return soft == limit->rlim_cur;
}

/* The message is there all the same. All of them come along, or none. */
static void
descriptors_without_room_do_not_come_along(void **state)
{
	struct pair *p = *state;
	struct rlimit limit, tight;
	int before = next_fd(), both[2] = {p->a, p->a};

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur--;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	if (!limit_is_real(&tight)) {
		setrlimit(RLIMIT_NOFILE, &limit);
		print_message("no limit of descriptors here\n");
		skip();
	}
	for (int room = 0; room <= 2; room++) {
		assert_int_equal(wire_send(p->a, span_str("SL"), both, 2), 0);
		tight = limit;
		tight.rlim_cur = (rlim_t)(before + room);
		p->fds[0] = p->fds[1] = -1;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		assert_int_equal(
		    wire_receive(p->b, p->room, p->fds, &p->n_fds), 2);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		check_span("SL", span_of(p->room, 2), span_str("SL"));
		assert_int_equal(p->n_fds, room == 2 ? 2 : 0);
		check_bool("no number is left", p->fds[0] < 0, room < 2);
		while (p->n_fds > 0)
			close(p->fds[--p->n_fds]);
		assert_int_equal(next_fd(), before);
	}
}

static void
a_message_has_a_longest_size(void **state)
{
	static char bytes[WIRE_MAX + 1];
	struct pair *p = *state;
	int before = next_fd();

	assert_int_equal(wire_send(p->a, span_of(bytes, WIRE_MAX), NULL, 0), 0);
	assert_int_equal(
	    wire_receive(p->b, p->room, p->fds, &p->n_fds), WIRE_MAX);
	assert_int_equal(
	    wire_send(p->a, span_of(bytes, WIRE_MAX + 1), &p->a, 1), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(p->n_fds, 0);
	assert_int_equal(next_fd(), before);
	assert_int_equal(wire_send(p->a, span_str("T"), NULL, 0), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 1);
}

/* Asked in one go, while the runner is busy with something else. */
static void
all_commands_there_can_be_are_taken_at_once(void **state)
{
	static char bytes[WIRE_MAX];
	static const size_t sizes[] = {
	    SWEEP_IDS_BYTES, SWEEP_IDS_BYTES, SWEEP_READ_MAX * QID_SIZE, 1, 1};
	struct pair *p = *state;

	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		assert_int_equal(
		    wire_send(p->a, span_of(bytes, sizes[i]), NULL, 0), 0);
}

static void
an_empty_message_is_taken_for_the_end(void **state)
{
	struct pair *p = *state;

	assert_int_equal(send(p->a, "", 0, 0), 0);
	assert_int_equal(wire_receive(p->b, p->room, p->fds, &p->n_fds), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(messages_keep_their_borders),
	    TEST(receiving_and_sending_never_wait),
	    TEST(the_other_side_s_end_is_told),
	    TEST(descriptors_come_along),
	    TEST(one_descriptor_comes_alone),
	    TEST(more_descriptors_than_allowed_are_closed),
	    TEST(descriptors_without_room_do_not_come_along),
	    TEST(a_message_has_a_longest_size),
	    TEST(all_commands_there_can_be_are_taken_at_once),
	    TEST(an_empty_message_is_taken_for_the_end),
	};

	return cmocka_run_group_tests_name("wire_fds", tests, NULL, NULL);
}
