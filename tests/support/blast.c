// SPDX-License-Identifier: GPL-2.0-only
/*
 * A steady stream of numbered datagrams, and what counts them at the other end.
 *
 * blast send RATE SECONDS SOURCE DEST PORT...   RATE packets a second in all, round robin over the ports; ends early on SIGTERM
 * blast count PORT...                           until SIGTERM
 *
 * Both end with a line a port: "PORT sent N" or "PORT received N highest H gap G" (G: the longest silence after the first packet,
 * in ms). Nothing but these numbers is compared, so a packet that comes twice or late is seen as well as one that is lost.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORTS = 8, BATCH = 32, PAYLOAD = 22 };

struct port {
	int number, fd;
	uint64_t packets, highest, last_ns, gap_ns;
};
static struct port ports[PORTS];
static int n_ports;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = 1;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The ring of a veth takes 256 frames: small batches, so that the receiver is never behind by more than a few of them. */
static void send_batch(int fd, struct sockaddr_in *to, int n)
{
	static unsigned char bytes[BATCH][PAYLOAD];
	static int turn;
	struct mmsghdr messages[BATCH] = { 0 };
	struct sockaddr_in names[BATCH];
	struct iovec iov[BATCH];
	int done = 0;

	for (int i = 0; i < n; i++) {
		struct port *p = &ports[turn++ % n_ports];
		uint64_t number = ++p->packets;

		memcpy(bytes[i], &number, sizeof(number));
		names[i] = *to;
		names[i].sin_port = htons((uint16_t)p->number);
		iov[i] = (struct iovec){ bytes[i], PAYLOAD };
		messages[i].msg_hdr = (struct msghdr){ .msg_name = &names[i],
						       .msg_namelen = sizeof(names[i]),
						       .msg_iov = &iov[i],
						       .msg_iovlen = 1 };
	}
	while (done < n) {
		int r = sendmmsg(fd, messages + done, (unsigned int)(n - done), 0);

		if (r > 0)
			done += r;
		else if (errno == ENOBUFS || errno == EAGAIN)
			usleep(50); /* our own queue is full: the packet is not lost, it has not left */
		else if (errno != EINTR)
			fail("sendmmsg");
	}
}

static int run_send(char **argv)
{
	double rate = atof(argv[0]), seconds = atof(argv[1]);
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;
	uint64_t start, sent = 0, total = (uint64_t)(rate * seconds);

	if (inet_pton(AF_INET, argv[2], &from.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[3], &to.sin_addr) != 1) {
		fprintf(stderr, "blast: not an IPv4 address\n");
		return 2;
	}
	from.sin_port = htons(40000); /* one source port, so one flow a destination port */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		fail("bind");
	start = now();
	while (!stop && sent < total) {
		uint64_t due = (uint64_t)((double)(now() - start) * rate / 1e9);

		if (due > total)
			due = total;
		while (!stop && sent < due) {
			int n = due - sent > BATCH ? BATCH : (int)(due - sent);

			send_batch(fd, &to, n);
			sent += (uint64_t)n;
		}
		usleep(rate > 1000 ? 100 : 1000);
	}
	for (int i = 0; i < n_ports; i++)
		printf("%d sent %llu\n", ports[i].number, (unsigned long long)ports[i].packets);
	return 0;
}

static void receive(struct port *p)
{
	static unsigned char bytes[BATCH][64];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec iov[BATCH];
	uint64_t t = now();
	int n;

	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ bytes[i], sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(p->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		uint64_t number;

		memcpy(&number, bytes[i], sizeof(number));
		if (number > p->highest)
			p->highest = number;
		p->packets++;
	}
	if (n <= 0)
		return;
	if (p->last_ns && t - p->last_ns > p->gap_ns)
		p->gap_ns = t - p->last_ns;
	p->last_ns = t;
}

static int run_count(void)
{
	struct pollfd fds[PORTS];
	int size = 64 << 20, ready;

	for (int i = 0; i < n_ports; i++) {
		struct sockaddr_in at = { .sin_family = AF_INET,
					  .sin_port = htons((uint16_t)ports[i].number) };

		ports[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		setsockopt(ports[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		if (ports[i].fd < 0 || bind(ports[i].fd, (struct sockaddr *)&at, sizeof(at)) < 0)
			fail("bind");
		fds[i] = (struct pollfd){ .fd = ports[i].fd, .events = POLLIN };
	}
	printf("ready\n");
	fflush(stdout);
	/* After SIGTERM what is queued still counts. */
	while ((ready = poll(fds, (nfds_t)n_ports, stop ? 0 : 200)) > 0 || !stop)
		for (int i = 0; i < n_ports && ready > 0; i++)
			if (fds[i].revents)
				receive(&ports[i]);
	for (int i = 0; i < n_ports; i++)
		printf("%d received %llu highest %llu gap %llu\n", ports[i].number,
		       (unsigned long long)ports[i].packets, (unsigned long long)ports[i].highest,
		       (unsigned long long)(ports[i].gap_ns / 1000000));
	return 0;
}

int main(int argc, char **argv)
{
	int sending = argc > 6 && !strcmp(argv[1], "send"), counting = argc > 2 && !strcmp(argv[1], "count");
	int first = sending ? 6 : 2;

	if ((!sending && !counting) || argc - first > PORTS) {
		fprintf(stderr, "usage: blast send RATE SECONDS SOURCE DEST PORT... | blast count PORT...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		ports[n_ports++].number = atoi(argv[i]);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	return sending ? run_send(argv + 2) : run_count();
}
