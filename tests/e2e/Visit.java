import java.io.*;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.*;

/** Visits doors (NAME:PORT) as Java clients do: trust store from the system property, the name verified. What they
 *  ask for is in the property "path". */
public class Visit {
    public static void main(String[] arguments) throws Exception {
        String path = System.getProperty("path", "/healthz");
        for (String door : arguments) {
            String name = door.split(":")[0];
            int port = Integer.parseInt(door.split(":")[1]);
            SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
            try (Socket plain = new Socket("127.0.0.1", port);
                 SSLSocket socket = (SSLSocket) factory.createSocket(plain, name, port, true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                parameters.setServerNames(List.of(new SNIHostName(name)));
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                String request = "GET " + path + " HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                System.out.println(socket.getSession().getProtocol());
                System.out.println(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            }
        }
    }
}
