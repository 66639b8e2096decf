import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.FragmentHandler;
import java.util.concurrent.TimeUnit;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.UnsafeBuffer;

/** Aeron IPC. Two processors only: the driver runs in the writer's thread, when it has time. */
final class AeronTransport implements Transport {
    private static final long NEVER_NS = TimeUnit.HOURS.toNanos(1);
    private static final int IDLE_EVERY = 4096;

    private final Aeron aeron;
    private final AgentInvoker client;
    private AgentInvoker driver;

    AeronTransport(String folder, boolean writes) {
        String directory = folder + "/aeron";
        Aeron.Context context = new Aeron.Context().aeronDirectoryName(directory).useConductorAgentInvoker(true)
            .preTouchMappedMemory(true).keepAliveIntervalNs(NEVER_NS / 10).driverTimeoutMs(NEVER_NS / 1_000_000);
        if (writes) {
            MediaDriver media = MediaDriver.launch(new MediaDriver.Context().aeronDirectoryName(directory)
                .threadingMode(ThreadingMode.INVOKER).dirDeleteOnStart(true).dirDeleteOnShutdown(true)
                .performStorageChecks(false).ipcTermBufferLength(4 << 20).clientLivenessTimeoutNs(NEVER_NS)
                .publicationUnblockTimeoutNs(2 * NEVER_NS).warnIfDirectoryExists(false));
            driver = media.sharedAgentInvoker();
            context.driverAgentInvoker(driver);
        }
        aeron = Aeron.connect(context);
        client = aeron.conductorAgentInvoker();
    }

    @Override
    public void tend() {
        if (driver != null) driver.invoke();
        client.invoke();
    }

    @Override
    public Tx tx(int size) {
        ExclusivePublication publication = aeron.addExclusivePublication("aeron:ipc?term-length=4m", size);
        UnsafeBuffer message = new UnsafeBuffer(BufferUtil.allocateDirectAligned(size, 64));
        message.setMemory(0, size, (byte) 0x55);
        return new Tx() {
            private int count;

            @Override
            public void send(long due, long number) {
                message.putLong(0, due);
                message.putLong(8, number);
                message.putLong(size - 8, due ^ number);
                while (publication.offer(message, 0, size) <= 0) driver.invoke();
            }

            @Override
            public void idle() {
                if (++count % IDLE_EVERY == 0) tend();
            }
        };
    }

    @Override
    public Rx rx(int size) {
        Subscription subscription = aeron.addSubscription("aeron:ipc", size);
        while (subscription.imageCount() == 0) client.invoke();
        Image image = subscription.imageAtIndex(0);
        return new Rx() {
            private final UnsafeBuffer copy = new UnsafeBuffer(BufferUtil.allocateDirectAligned(size, 64));
            private Sink sink;
            private final FragmentHandler handler = (buffer, offset, length, header) -> {
                copy.putBytes(0, buffer, offset, length);
                sink.message(copy.getLong(0), copy.getLong(8), copy.getLong(size - 8));
            };

            @Override
            public int poll(Sink to) {
                sink = to;
                return image.poll(handler, 64);
            }
        };
    }
}
