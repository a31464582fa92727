/* The peer on wolfSSL 5.5. */
#include <stdio.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "peer.h"

static const struct options *chosen;
static WOLFSSL *session;

/* The library has names of its own; Debian's build has no suite of plain PSK. */
static const struct {
  const char *iana_name;
  const char *name;
  int id;
} suites[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", 0xc02b},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", 0xc02c},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", 0xcca9},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM", 0xc0ac},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM-8", 0xc0ae},
    {"TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "ECDHE-PSK-AES128-GCM-SHA256", 0xd001},
    {"TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-PSK-CHACHA20-POLY1305", 0xccac},
};

static void check(int result, const char *what) {
  if (result != WOLFSSL_SUCCESS) give_up("wolfSSL does not take", what);
}

static const char *suite_name(const char *iana_name) {
  for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
    if (strcmp(suites[index].iana_name, iana_name) == 0) return suites[index].name;
  }
  give_up("wolfSSL has no suite", iana_name);
}

static unsigned int key_of_client(WOLFSSL *of, const char *hint, char *identity, unsigned int room, unsigned char *key,
                                  unsigned int key_room) {
  (void)of, (void)hint;
  if (key_room < chosen->psk_length) return 0;
  snprintf(identity, room, "%s", chosen->identity);
  memcpy(key, chosen->psk, chosen->psk_length);
  return (unsigned int)chosen->psk_length;
}

static unsigned int key_of_server(WOLFSSL *of, const char *identity, unsigned char *key, unsigned int room) {
  (void)of;
  if (strcmp(identity, chosen->identity) != 0 || room < chosen->psk_length) return 0;
  memcpy(key, chosen->psk, chosen->psk_length);
  return (unsigned int)chosen->psk_length;
}

static void load_credentials(WOLFSSL_CTX *context) {
  if (chosen->psk_length > 0) {
    wolfSSL_CTX_set_psk_client_callback(context, key_of_client);
    wolfSSL_CTX_set_psk_server_callback(context, key_of_server);
  }
  if (chosen->certificate != NULL) {
    check(wolfSSL_CTX_use_certificate_chain_file(context, chosen->certificate), "--certificate");
    check(wolfSSL_CTX_use_PrivateKey_file(context, chosen->key, WOLFSSL_FILETYPE_PEM), "--key");
  }
  if (chosen->trust != NULL) check(wolfSSL_CTX_load_verify_locations(context, chosen->trust, NULL), "--trust");
  static const int modes[] = {WOLFSSL_VERIFY_NONE, WOLFSSL_VERIFY_PEER,
                              WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT};
  wolfSSL_CTX_set_verify(context, chosen->is_server ? modes[chosen->authentication] : WOLFSSL_VERIFY_PEER, NULL);
}

static void limit_sizes(void) {
  if (chosen->mtu > 0) give_up("wolfSSL was built without", "--mtu");
  if (chosen->fragment_length == 0) return;
  unsigned char code = 0;
  for (int length = chosen->fragment_length; length >= 512; length /= 2) code += 1;
  check(wolfSSL_UseMaxFragment(session, code), "--fragment-length");
}

void library_open(const struct options *options, int socket) {
  chosen = options;
  wolfSSL_Init();
  WOLFSSL_METHOD *method = options->is_server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method();
  WOLFSSL_CTX *context = wolfSSL_CTX_new(method);
  if (context == NULL) give_up("no context of", "wolfSSL");
  check(wolfSSL_CTX_set_cipher_list(context, suite_name(options->suite)), "--suite");
  load_credentials(context);
  session = wolfSSL_new(context);
  if (session == NULL) give_up("no session of", "wolfSSL");
  limit_sizes();
  if (options->server_name != NULL) {
    check(wolfSSL_check_domain_name(session, options->server_name), "--server-name");
    size_t length = strlen(options->server_name);
    check(wolfSSL_UseSNI(session, WOLFSSL_SNI_HOST_NAME, options->server_name, (unsigned short)length), "--server-name");
  }
  check(wolfSSL_set_dtls_fd_connected(session, socket), "the socket");
  wolfSSL_dtls_set_using_nonblock(session, 1);
}

static enum outcome outcome_of(int result) {
  if (result > 0) return OUTCOME_DONE;
  int error = wolfSSL_get_error(session, result);
  if (error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE) return OUTCOME_WAIT;
  return error == WOLFSSL_ERROR_ZERO_RETURN ? OUTCOME_CLOSED : OUTCOME_FAILED;
}

enum outcome library_handshake(void) {
  return outcome_of(chosen->is_server ? wolfSSL_accept(session) : wolfSSL_connect(session));
}

enum outcome library_read(unsigned char *target, size_t *length) {
  int result = wolfSSL_read(session, target, (int)*length);
  if (result > 0) *length = (size_t)result;
  return outcome_of(result);
}

enum outcome library_write(const unsigned char *data, size_t length) {
  return outcome_of(wolfSSL_write(session, data, (int)length));
}

void library_close(void) { wolfSSL_shutdown(session); }

int library_timeout(void) { return wolfSSL_dtls_get_current_timeout(session) * 1000; }

void library_handle_timeout(void) { wolfSSL_dtls_got_timeout(session); }

/* The library tells its own name only, so that of the handshake is looked up. */
int library_suite(void) {
  const char *name = wolfSSL_get_cipher_name(session);
  for (size_t index = 0; index < sizeof suites / sizeof *suites; index += 1) {
    if (strcmp(suites[index].name, name) == 0 || strcmp(suites[index].iana_name, name) == 0) return suites[index].id;
  }
  give_up("wolfSSL chose", name);
}

bool library_peer_subject(char *target, size_t room) {
  WOLFSSL_X509 *certificate = wolfSSL_get_peer_certificate(session);
  if (certificate == NULL) return false;
  return wolfSSL_X509_NAME_oneline(wolfSSL_X509_get_subject_name(certificate), target, (int)room) != NULL;
}

int library_alert(void) {
  WOLFSSL_ALERT_HISTORY history;
  return wolfSSL_get_alert_history(session, &history) == WOLFSSL_SUCCESS ? history.last_rx.code : -1;
}

void library_problem(char *target, size_t room) {
  int error = wolfSSL_get_error(session, 0);
  snprintf(target, room, "%d %s", error, wolfSSL_ERR_reason_error_string((unsigned long)error));
}
