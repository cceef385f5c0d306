import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.CertificatePinner;
import okhttp3.Credentials;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * One request with OkHttp, as an Android app makes it. Arguments: proxy host or "-", proxy port, CA file or "-", device name
 * or "-", pin ("host=sha256/…") or "-", protocols ("h1" or "h2"), how often, method, URL, then header names and values.
 * The body comes on standard input. Prints "status protocol" and the body of the last answer.
 */
public final class OkHttpAsk {
  public static void main(String[] args) throws Exception {
    OkHttpClient.Builder builder = new OkHttpClient.Builder()
        .proxy(args[0].equals("-")
            ? Proxy.NO_PROXY
            : new Proxy(Proxy.Type.HTTP, new InetSocketAddress(args[0], Integer.parseInt(args[1]))))
        .readTimeout(30, TimeUnit.SECONDS);
    if (!args[2].equals("-")) trust(builder, args[2]);
    if (!args[3].equals("-")) {
      String credential = Credentials.basic(args[3], "");
      builder.proxyAuthenticator((route, response) ->
          response.request().newBuilder().header("Proxy-Authorization", credential).build());
    }
    if (!args[4].equals("-")) {
      int equals = args[4].indexOf('=');
      builder.certificatePinner(new CertificatePinner.Builder()
          .add(args[4].substring(0, equals), args[4].substring(equals + 1)).build());
    }
    if (args[5].equals("h1")) builder.protocols(Collections.singletonList(Protocol.HTTP_1_1));
    OkHttpClient client = builder.build();

    byte[] body = System.in.readAllBytes();
    int times = Integer.parseInt(args[6]);
    String method = args[7];
    Request.Builder request = new Request.Builder().url(args[8])
        .method(method, method.equals("GET") ? null : RequestBody.create(null, body));
    for (int i = 9; i + 1 < args.length; i += 2) request.header(args[i], args[i + 1]);

    int failures = 0;
    for (int i = 1; i <= times; i++) {
      try (Response response = client.newCall(request.build()).execute()) {
        byte[] answer = response.body().bytes();
        if (i == times) {
          System.out.write((response.code() + " " + response.protocol() + "\n").getBytes());
          System.out.write(answer);
          System.out.flush();
        }
      } catch (Exception error) {
        failures++;
        System.err.println("attempt " + i + ": " + error);
      }
    }
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
    System.exit(failures == times ? 1 : 0);
  }

  private static void trust(OkHttpClient.Builder builder, String caFile) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = new FileInputStream(caFile)) {
      int number = 0;
      for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + number++, certificate);
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    builder.sslSocketFactory(context.getSocketFactory(), (X509TrustManager) factory.getTrustManagers()[0]);
  }
}
