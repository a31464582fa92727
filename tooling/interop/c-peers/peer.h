/*
 * A DTLS 1.2 client or server for one connection on loopback. main.c knows the command line, the socket and the lines
 * that are read and printed; one file for each library implements the rest.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>

enum authentication { AUTHENTICATION_NONE, AUTHENTICATION_WANTED, AUTHENTICATION_REQUIRED };

/* Strings are NULL and numbers are 0 where an option was not given. */
struct options {
  bool is_server;
  int port;             /* of the server, for a client */
  const char *suite;    /* IANA name */
  const char *identity; /* with psk */
  unsigned char psk[64];
  size_t psk_length;
  const char *certificate; /* files of PEM */
  const char *key;
  const char *trust;
  const char *server_name;
  enum authentication authentication; /* that a server asks of its client */
  int mtu;                            /* largest datagram to send, in bytes */
  int fragment_length;                /* 512, 1024, 2048 or 4096 bytes, for which a client asks (RFC 6066) */
};

enum outcome {
  OUTCOME_DONE,
  OUTCOME_WAIT,   /* for a datagram or for the timeout */
  OUTCOME_CLOSED, /* close_notify was received */
  OUTCOME_FAILED,
};

/* Makes the session on a socket that is connected and does not block. Ends the process when it cannot. */
void library_open(const struct options *options, int socket);

enum outcome library_handshake(void);

/* Reads one record; `length` is the room before, the bytes of the record after. */
enum outcome library_read(unsigned char *target, size_t *length);

enum outcome library_write(const unsigned char *data, size_t length);

/* Sends close_notify. */
void library_close(void);

/* Milliseconds until a flight has to be repeated, or -1. */
int library_timeout(void);

/* The time is over: the next library_handshake repeats the flight. */
void library_handle_timeout(void);

/* IANA number of the suite. */
int library_suite(void);

/* Writes the subject of the peer's certificate; false when it showed none. */
bool library_peer_subject(char *target, size_t room);

/* The alert that the peer sent, or -1; and the library's own words about the failure. */
int library_alert(void);
void library_problem(char *target, size_t room);

/* Prints one line and ends the process with code 2. */
_Noreturn void give_up(const char *what, const char *value);

#endif
