/*
 * peer client|server --suite NAME [--port N] ...: talks DTLS on loopback and prints what happens, one line each:
 *
 *   listening PORT | connected SUITE | peer SUBJECT | data TEXT | closed | failed ALERT PROBLEM
 *
 * Each line of the standard input goes out as one record; its end closes the session.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum { RECORD_ROOM = 16384, SUBJECT_ROOM = 512, LINE_ROOM = 4096, HEX_DIGITS_OF_A_BYTE = 2 };

void give_up(const char *what, const char *value) {
  fprintf(stderr, "peer: %s: %s\n", what, value);
  exit(2);
}

static size_t read_hex(const char *text, unsigned char *target, size_t room) {
  size_t length = strlen(text) / HEX_DIGITS_OF_A_BYTE;
  if (length > room) give_up("longer than a key may be", text);
  for (size_t index = 0; index < length; index += 1) {
    unsigned int octet;
    if (sscanf(text + index * HEX_DIGITS_OF_A_BYTE, "%2x", &octet) != 1) give_up("no hexadecimal", text);
    target[index] = (unsigned char)octet;
  }
  return length;
}

static enum authentication read_authentication(const char *text) {
  if (strcmp(text, "none") == 0) return AUTHENTICATION_NONE;
  if (strcmp(text, "wanted") == 0) return AUTHENTICATION_WANTED;
  if (strcmp(text, "required") == 0) return AUTHENTICATION_REQUIRED;
  give_up("--authentication is none, wanted or required, not", text);
}

static void read_option(struct options *options, const char *name, const char *value) {
  if (strcmp(name, "--port") == 0) options->port = atoi(value);
  else if (strcmp(name, "--suite") == 0) options->suite = value;
  else if (strcmp(name, "--identity") == 0) options->identity = value;
  else if (strcmp(name, "--psk") == 0) options->psk_length = read_hex(value, options->psk, sizeof options->psk);
  else if (strcmp(name, "--certificate") == 0) options->certificate = value;
  else if (strcmp(name, "--key") == 0) options->key = value;
  else if (strcmp(name, "--trust") == 0) options->trust = value;
  else if (strcmp(name, "--server-name") == 0) options->server_name = value;
  else if (strcmp(name, "--authentication") == 0) options->authentication = read_authentication(value);
  else if (strcmp(name, "--mtu") == 0) options->mtu = atoi(value);
  else if (strcmp(name, "--fragment-length") == 0) options->fragment_length = atoi(value);
  else give_up("unknown option", name);
}

static struct options read_options(int count, char **arguments) {
  struct options options = {0};
  if (count < 2) give_up("the first argument is client or server, not", "nothing");
  if (strcmp(arguments[1], "server") == 0) options.is_server = true;
  else if (strcmp(arguments[1], "client") != 0) give_up("the first argument is client or server, not", arguments[1]);
  for (int index = 2; index < count; index += 2) {
    if (index + 1 == count) give_up("without a value", arguments[index]);
    read_option(&options, arguments[index], arguments[index + 1]);
  }
  if (options.suite == NULL) give_up("missing", "--suite");
  return options;
}

static void connect_to(int socket, const struct sockaddr_in *address) {
  if (connect(socket, (const struct sockaddr *)address, sizeof *address) != 0) give_up("connect", strerror(errno));
}

/* A server takes the sender of the first datagram as its only client, and leaves that datagram in the socket. */
static void wait_for_client(int socket) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(socket, (struct sockaddr *)&address, sizeof address) != 0) give_up("bind", strerror(errno));
  getsockname(socket, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  char first;
  length = sizeof address;
  if (recvfrom(socket, &first, 1, MSG_PEEK, (struct sockaddr *)&address, &length) < 0) {
    give_up("recvfrom", strerror(errno));
  }
  connect_to(socket, &address);
}

static int open_socket(const struct options *options) {
  int result = socket(AF_INET, SOCK_DGRAM, 0);
  if (result < 0) give_up("socket", strerror(errno));
  if (options->is_server) {
    wait_for_client(result);
  } else {
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons((unsigned short)options->port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connect_to(result, &server);
  }
  fcntl(result, F_SETFL, O_NONBLOCK);
  return result;
}

static _Noreturn void end(enum outcome outcome) {
  char problem[SUBJECT_ROOM] = "";
  if (outcome == OUTCOME_CLOSED) {
    printf("closed\n");
    exit(0);
  }
  library_problem(problem, sizeof problem);
  printf("failed %d %s\n", library_alert(), problem);
  exit(1);
}

static void shake_hands(int socket) {
  struct pollfd wake = {.fd = socket, .events = POLLIN};
  for (;;) {
    enum outcome outcome = library_handshake();
    if (outcome == OUTCOME_DONE) break;
    if (outcome != OUTCOME_WAIT) end(outcome);
    if (poll(&wake, 1, library_timeout()) == 0) library_handle_timeout();
  }
  char subject[SUBJECT_ROOM];
  if (library_peer_subject(subject, sizeof subject)) printf("peer %s\n", subject);
  printf("connected %d\n", library_suite());
}

static void read_records(void) {
  static unsigned char record[RECORD_ROOM + 1];
  for (;;) {
    size_t length = RECORD_ROOM;
    enum outcome outcome = library_read(record, &length);
    if (outcome == OUTCOME_WAIT) return;
    if (outcome != OUTCOME_DONE) end(outcome);
    printf("data %.*s\n", (int)length, record);
  }
}

/* Sends what was typed, a line each; false at the end of the input. */
static bool send_lines(void) {
  static char typed[LINE_ROOM];
  static size_t kept;
  ssize_t count = read(STDIN_FILENO, typed + kept, sizeof typed - kept);
  if (count <= 0) return false;
  kept += (size_t)count;
  char *start = typed;
  for (char *newline; (newline = memchr(start, '\n', kept)) != NULL; start = newline + 1) {
    size_t length = (size_t)(newline - start);
    enum outcome outcome = library_write((const unsigned char *)start, length);
    if (outcome != OUTCOME_DONE) end(outcome);
    kept -= length + 1;
  }
  memmove(typed, start, kept);
  return true;
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct options options = read_options(count, arguments);
  int socket = open_socket(&options);
  library_open(&options, socket);
  shake_hands(socket);
  struct pollfd wake[] = {{.fd = socket, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  for (;;) {
    read_records();
    poll(wake, 2, -1);
    if (wake[1].revents != 0 && !send_lines()) break;
  }
  library_close();
  return 0;
}
