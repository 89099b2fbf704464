// Java's java.net.http.WebSocket as a client: Client.java URL NAME runs the conformance cases,
// Client.java --interop URL runs a plan of messages against an echo server.
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.*;
import java.util.regex.Pattern;

public final class Client {
  static final HttpClient http = HttpClient.newHttpClient();

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("--interop")) interop(arguments[1]);
    else conform(arguments[0], arguments[1]);
    System.exit(0);
  }

  static void conform(String base, String name) throws Exception {
    Queue<String> ids = new ConcurrentLinkedQueue<>();
    Pattern.compile("\"([^\"]+)\"").matcher(receiveOne(base + "/cases")).results().forEach(id -> ids.add(id.group(1)));
    String agent = URLEncoder.encode(name, StandardCharsets.UTF_8);
    ExecutorService workers = Executors.newFixedThreadPool(8);
    for (int worker = 0; worker < 8; worker++) {
      workers.submit(() -> {
        for (String id = ids.poll(); id != null; id = ids.poll()) {
          echoUntilClosed(base + "/case/" + URLEncoder.encode(id, StandardCharsets.UTF_8) + "?agent=" + agent);
        }
      });
    }
    workers.shutdown();
    workers.awaitTermination(10, TimeUnit.MINUTES);
    System.out.println(receiveOne(base + "/report?agent=" + agent));
  }

  static WebSocket open(String url, WebSocket.Listener listener) {
    return http.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10)).buildAsync(URI.create(url), listener).join();
  }

  /** Echoes each part as it came; the next is asked for when the last is sent. */
  static void echoUntilClosed(String url) {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    try {
      open(url, new WebSocket.Listener() {
        @Override public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
          return socket.sendText(data.toString(), last).thenRun(() -> socket.request(1));
        }
        @Override public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
          byte[] copy = new byte[data.remaining()];
          data.get(copy);
          return socket.sendBinary(ByteBuffer.wrap(copy), last).thenRun(() -> socket.request(1));
        }
        @Override public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
          closed.complete(null);
          return null;
        }
        @Override public void onError(WebSocket socket, Throwable error) {
          closed.complete(null);
        }
      });
      closed.get(30, TimeUnit.SECONDS);
    } catch (Exception error) {
      // The verdict is the suite's.
    }
  }

  static String receiveOne(String url) throws Exception {
    CompletableFuture<String> whole = new CompletableFuture<>();
    StringBuilder text = new StringBuilder();
    open(url, new WebSocket.Listener() {
      @Override public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) whole.complete(text.toString());
        socket.request(1);
        return null;
      }
    });
    return whole.get(30, TimeUnit.SECONDS);
  }

  static void interop(String url) throws Exception {
    BlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    WebSocket socket = open(url, new WebSocket.Listener() {
      final StringBuilder text = new StringBuilder();
      final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      @Override public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
          inbox.add(text.toString());
          text.setLength(0);
        }
        from.request(1);
        return null;
      }
      @Override public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        bytes.writeBytes(part);
        if (last) {
          inbox.add(bytes.toByteArray());
          bytes.reset();
        }
        from.request(1);
        return null;
      }
      @Override public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        inbox.add(code);
        return null;
      }
    });
    String pattern = "The quick brown fox jumps over the lazy dog; 0123456789. ";
    for (int size : new int[] {0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20}) {
      String text = pattern.repeat(size / pattern.length() + 1).substring(0, size);
      byte[] data = text.getBytes(StandardCharsets.UTF_8);
      socket.sendText(text, true).join();
      report("text " + size, text.equals(inbox.poll(30, TimeUnit.SECONDS)));
      socket.sendBinary(ByteBuffer.wrap(data), true).join();
      report("binary " + size, inbox.poll(30, TimeUnit.SECONDS) instanceof byte[] echoed && Arrays.equals(echoed, data));
    }
    socket.sendText("in ", false).thenCompose(next -> socket.sendText("pieces", true)).join();
    report("fragmented", "in pieces".equals(inbox.poll(30, TimeUnit.SECONDS)));
    socket.sendClose(3001, "done here").join();
    report("close", Integer.valueOf(3001).equals(inbox.poll(30, TimeUnit.SECONDS)));

    BlockingQueue<String> closing = new LinkedBlockingQueue<>();
    open(url, new WebSocket.Listener() {
      @Override public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closing.add(code + " " + reason);
        return null;
      }
    }).sendText("please close", true).join();
    report("closed by the server", "3002 as asked".equals(closing.poll(30, TimeUnit.SECONDS)));
  }

  static void report(String label, boolean ok) {
    System.out.printf("{\"label\":\"%s\",\"compressed\":false,\"ok\":%b}%n", label, ok);
  }
}
