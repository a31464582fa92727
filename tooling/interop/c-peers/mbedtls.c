/* The peer on Mbed TLS 2.28. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <mbedtls/x509_crt.h>

#include "peer.h"

enum { TIMER_STEP_MS = 50, FIRST_TIMEOUT_MS = 300, LAST_TIMEOUT_MS = 2400, ERROR_ROOM = 128, NAME_ROOM = 128 };

/* A server hashes this into the cookie; there is one client, so any name of it does. */
static const unsigned char transport_id[] = "client";

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;
static mbedtls_ssl_config config;
static mbedtls_ssl_context session;
static mbedtls_ssl_cookie_ctx cookies;
static mbedtls_timing_delay_context timer;
static mbedtls_x509_crt own_chain;
static mbedtls_x509_crt authorities;
static mbedtls_pk_context own_key;
static int suites[2];
static int udp;
static int last_error;

static void check(int result, const char *what) {
  if (result == 0) return;
  char words[ERROR_ROOM];
  mbedtls_strerror(result, words, sizeof words);
  give_up(what, words);
}

static int send_datagram(void *context, const unsigned char *data, size_t length) {
  (void)context;
  ssize_t sent = send(udp, data, length, 0);
  /* A port that nobody listens on any more is told by the kernel; for DTLS it is a lost datagram. */
  return sent < 0 ? (int)length : (int)sent;
}

static int receive_datagram(void *context, unsigned char *target, size_t room) {
  (void)context;
  ssize_t received = recv(udp, target, room, 0);
  return received < 0 ? MBEDTLS_ERR_SSL_WANT_READ : (int)received;
}

/* The names of the library are the IANA's with hyphens. */
static void choose_suite(const char *iana_name) {
  char name[NAME_ROOM];
  snprintf(name, sizeof name, "%s", iana_name);
  for (char *letter = name; *letter != '\0'; letter += 1) {
    if (*letter == '_') *letter = '-';
  }
  suites[0] = mbedtls_ssl_get_ciphersuite_id(name);
  if (suites[0] == 0) give_up("Mbed TLS has no suite", iana_name);
  mbedtls_ssl_conf_ciphersuites(&config, suites);
}

static void load_credentials(const struct options *options) {
  if (options->psk_length > 0) {
    const unsigned char *identity = (const unsigned char *)options->identity;
    check(mbedtls_ssl_conf_psk(&config, options->psk, options->psk_length, identity, strlen(options->identity)),
          "--psk");
  }
  if (options->certificate != NULL) {
    check(mbedtls_x509_crt_parse_file(&own_chain, options->certificate), "--certificate");
    check(mbedtls_pk_parse_keyfile(&own_key, options->key, NULL), "--key");
    check(mbedtls_ssl_conf_own_cert(&config, &own_chain, &own_key), "--key");
  }
  if (options->trust != NULL) {
    check(mbedtls_x509_crt_parse_file(&authorities, options->trust), "--trust");
    mbedtls_ssl_conf_ca_chain(&config, &authorities, NULL);
  }
  static const int modes[] = {MBEDTLS_SSL_VERIFY_NONE, MBEDTLS_SSL_VERIFY_OPTIONAL, MBEDTLS_SSL_VERIFY_REQUIRED};
  mbedtls_ssl_conf_authmode(&config, options->is_server ? modes[options->authentication] : MBEDTLS_SSL_VERIFY_REQUIRED);
}

static void limit_sizes(const struct options *options) {
  unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
  for (int length = options->fragment_length; length >= 512; length /= 2) code += 1;
  check(mbedtls_ssl_conf_max_frag_len(&config, code), "--fragment-length");
}

void library_open(const struct options *options, int socket) {
  udp = socket;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_source);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&session);
  mbedtls_ssl_cookie_init(&cookies);
  mbedtls_x509_crt_init(&own_chain);
  mbedtls_x509_crt_init(&authorities);
  mbedtls_pk_init(&own_key);
  check(mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0), "entropy");
  int role = options->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT;
  check(mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT),
        "defaults");
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_source);
  mbedtls_ssl_conf_min_version(&config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_handshake_timeout(&config, FIRST_TIMEOUT_MS, LAST_TIMEOUT_MS);
  choose_suite(options->suite);
  load_credentials(options);
  limit_sizes(options);
  if (options->is_server) {
    check(mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, &random_source), "cookies");
    mbedtls_ssl_conf_dtls_cookies(&config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
  }
  check(mbedtls_ssl_setup(&session, &config), "session");
  if (options->is_server) {
    check(mbedtls_ssl_set_client_transport_id(&session, transport_id, sizeof transport_id), "transport id");
  }
  if (options->server_name != NULL) check(mbedtls_ssl_set_hostname(&session, options->server_name), "--server-name");
  if (options->mtu > 0) mbedtls_ssl_set_mtu(&session, (unsigned short)options->mtu);
  mbedtls_ssl_set_bio(&session, NULL, send_datagram, receive_datagram, NULL);
  mbedtls_ssl_set_timer_cb(&session, &timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
}

static enum outcome outcome_of(int result) {
  if (result >= 0) return OUTCOME_DONE;
  if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return OUTCOME_WAIT;
  if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return OUTCOME_CLOSED;
  last_error = result;
  return OUTCOME_FAILED;
}

enum outcome library_handshake(void) {
  int result = mbedtls_ssl_handshake(&session);
  if (result != MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) return outcome_of(result);
  check(mbedtls_ssl_session_reset(&session), "reset");
  check(mbedtls_ssl_set_client_transport_id(&session, transport_id, sizeof transport_id), "transport id");
  return OUTCOME_WAIT;
}

enum outcome library_read(unsigned char *target, size_t *length) {
  int result = mbedtls_ssl_read(&session, target, *length);
  if (result >= 0) *length = (size_t)result;
  return outcome_of(result);
}

enum outcome library_write(const unsigned char *data, size_t length) {
  return outcome_of(mbedtls_ssl_write(&session, data, length));
}

void library_close(void) { mbedtls_ssl_close_notify(&session); }

/* The library asks its timer by itself whenever it reads. */
int library_timeout(void) { return TIMER_STEP_MS; }

void library_handle_timeout(void) {}

int library_suite(void) { return mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(&session)); }

bool library_peer_subject(char *target, size_t room) {
  const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&session);
  return certificate != NULL && mbedtls_x509_dn_gets(target, room, &certificate->subject) > 0;
}

int library_alert(void) {
  return last_error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ? session.in_msg[1] : -1;
}

void library_problem(char *target, size_t room) { mbedtls_strerror(last_error, target, room); }
