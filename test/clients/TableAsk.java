import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** One request as Java's own library makes it. Arguments: proxy host or "-", proxy port, file of trusted certificates, URL. */
public final class TableAsk {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = new FileInputStream(args[2])) {
      int number = 0;
      for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + number++, certificate);
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    Proxy proxy = args[0].equals("-")
        ? Proxy.NO_PROXY
        : new Proxy(Proxy.Type.HTTP, new InetSocketAddress(args[0], Integer.parseInt(args[1])));
    HttpsURLConnection connection = (HttpsURLConnection) new URL(args[3]).openConnection(proxy);
    connection.setSSLSocketFactory(context.getSocketFactory());
    connection.setConnectTimeout(20_000);
    connection.setReadTimeout(20_000);
    try (InputStream in = connection.getInputStream()) {
      in.transferTo(System.out);
    }
  }
}
