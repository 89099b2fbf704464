// An echo server on libwebsockets. Prints its port. Without compression: that of Debian's 4.1.6 aborts the process by an
// assertion of its own (extension-permessage-deflate.c, line 351) at messages of 16 KiB.
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 65536

// What waits to be sent back: a list of fragments, each with room for the header before it.
struct piece {
  struct piece *next;
  size_t length;
  int flags;
  unsigned char bytes[];
};

struct session {
  struct piece *first, *last;
  // The library may read on in what it was given last until it asks for more.
  struct piece *sent;
};

static int echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  struct session *session = user;
  switch (reason) {
    case LWS_CALLBACK_RECEIVE: {
      if (length == 12 && memcmp(in, "please close", 12) == 0) {
        lws_close_reason(wsi, 3002, (unsigned char *)"as asked", 8);
        return -1;
      }
      struct piece *piece = malloc(sizeof(*piece) + LWS_PRE + length + 1);
      if (piece == NULL) return -1;
      piece->next = NULL;
      piece->length = length;
      piece->flags = lws_write_ws_flags(lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT,
                                        lws_is_first_fragment(wsi), lws_is_final_fragment(wsi));
      memcpy(piece->bytes + LWS_PRE, in, length);
      if (session->last != NULL) session->last->next = piece;
      else session->first = piece;
      session->last = piece;
      lws_callback_on_writable(wsi);
      return 0;
    }
    case LWS_CALLBACK_SERVER_WRITEABLE: {
      struct piece *piece = session->first;
      free(session->sent);
      session->sent = piece;
      if (piece == NULL) return 0;
      session->first = piece->next;
      if (session->first == NULL) session->last = NULL;
      int written = lws_write(wsi, piece->bytes + LWS_PRE, piece->length, piece->flags);
      lws_callback_on_writable(wsi);
      return written < (int)piece->length ? -1 : 0;
    }
    case LWS_CALLBACK_CLOSED:
      free(session->sent);
      session->sent = NULL;
      while (session->first != NULL) {
        struct piece *piece = session->first;
        session->first = piece->next;
        free(piece);
      }
      return 0;
    default:
      return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {"echo", echo, sizeof(struct session), PIECE, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

int main(void) {
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof(info));
  lws_set_log_level(0, NULL);
  signal(SIGPIPE, SIG_IGN);
  info.port = 0;
  info.iface = "127.0.0.1";
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8;
  struct lws_context *context = lws_create_context(&info);
  struct lws_vhost *host = context == NULL ? NULL : lws_create_vhost(context, &info);
  if (host == NULL) return 1;
  printf("%d\n", lws_get_vhost_listen_port(host));
  fflush(stdout);
  while (lws_service(context, 0) >= 0) {
  }
  lws_context_destroy(context);
  return 0;
}
