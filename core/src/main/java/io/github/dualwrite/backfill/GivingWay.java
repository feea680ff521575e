package io.github.dualwrite.backfill;

import io.github.dualwrite.internal.LiveWrites;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * How many rows a second a backfill may read so that the live writes of this repository in this process hardly notice it. It begins slowly and
 * becomes faster as long as they do not:
 *
 * <ol>
 *   <li>A live write during which a page was under way, even for a moment, is <em>beside</em> it; the others are <em>clear</em>.
 *   <li>The last thousand clear ones tell how long 99 of 100 take at the most without a backfill. What takes a fifth longer than that beside a
 *       page is <em>hurt</em>, except for one in a hundred of those beside pages, which would be so slow by themselves.
 *   <li>When more than three in a thousand of a round's 500 writes are hurt, the rate is halved, at once. When a round ends without that, or
 *       lasts for 5 s because there are fewer writes, the rate grows, if it was made use of: by half until it is halved for the first
 *       time, by a fifth from then on.
 *   <li>When there was no write for 10 s, there is nobody to give way to, and no limit. With the next write it begins anew.
 * </ol>
 *
 * <p>So the 99th percentile of live writes stays near that without a backfill, whatever it is that hurts them: the authority's server, a follower
 * on the same machine, or the processors of this process. Large rows count as several. The rules are those of TCP's slow start and congestion
 * avoidance (V. Jacobson, Congestion Avoidance and Control, 1988), except that it also grows by a factor in the end, because what stores can do differs by several
 * orders of magnitude. Safe for use by many threads.
 */
final class GivingWay implements LiveWrites.Watcher {

    static final double FIRST = 2_000;
    static final double LEAST = 200;
    private static final double FIRST_GROWTH = 1.5;
    private static final double GROWTH = 1.2;
    private static final double TOLERATED = 1.2;
    private static final double HURT = 0.003;
    private static final double SLOW_BY_ITSELF = 0.01;
    private static final int ROUND = 500;
    private static final double SECOND = 1_000_000_000;
    private static final long LONGEST_ROUND = 5_000_000_000L;
    private static final long NOBODY = 10_000_000_000L;
    private static final int REMEMBERED = 1_000;
    private static final int ENOUGH = 100;
    private static final int SMALL_PAGE = 200;
    private static final double PAGES_PER_SECOND = 10;
    private static final int SMALL_ROW = 256;

    private final LongSupplier nanoTime;
    private final long[] clear = new long[REMEMBERED];
    private long clearOnes;
    private long slow = Long.MAX_VALUE; // what takes longer beside a page is hurt
    private int underWay;
    private long pageEnded;
    private boolean pages;
    private long wrote;
    private boolean writes;
    private double rate = FIRST;
    private double growth = FIRST_GROWTH;
    private long roundBegan;
    private int seen;
    private int beside;
    private int hurt;
    private double read;

    GivingWay(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized void wrote(long began, long ended) {
        if (!busy(ended)) {
            rate = FIRST;
            growth = FIRST_GROWTH;
            beginRound(ended);
        }
        writes = true;
        wrote = ended;
        seen++;
        if (underWay > 0 || (pages && pageEnded - began >= 0)) {
            beside++;
            if (ended - began > slow) {
                hurt++;
            }
        } else {
            clear[(int) (clearOnes++ % REMEMBERED)] = ended - began;
            if (clearOnes == ENOUGH) {
                slow = slow();
            }
        }
        judge(ended);
    }

    private void judge(long now) {
        if (hurt > HURT * ROUND + SLOW_BY_ITSELF * beside) {
            rate = Math.max(LEAST, rate / 2);
            growth = GROWTH;
        } else if (seen < ROUND && now - roundBegan < LONGEST_ROUND) {
            return;
        } else if (read / Math.max(1, now - roundBegan) * SECOND > rate / 2) {
            rate *= growth;
        }
        beginRound(now);
    }

    private void beginRound(long now) {
        roundBegan = now;
        seen = 0;
        beside = 0;
        hurt = 0;
        read = 0;
        slow = slow();
    }

    private long slow() {
        int known = (int) Math.min(clearOnes, REMEMBERED);
        if (known < ENOUGH) {
            return Long.MAX_VALUE;
        }
        long[] sorted = Arrays.copyOf(clear, known);
        Arrays.sort(sorted);
        return (long) (TOLERATED * sorted[(int) (known * (1 - SLOW_BY_ITSELF))]);
    }

    private boolean busy(long now) {
        return writes && now - wrote < NOBODY;
    }

    /** A call of a store begins. */
    synchronized void begins() {
        underWay++;
    }

    /** A call of a store has ended. */
    synchronized void ends() {
        underWay--;
        pages = true;
        pageEnded = nanoTime.getAsLong();
    }

    /** So many rows, of so many bytes altogether, count as so many. */
    synchronized long read(long rows, long bytes) {
        long counted = Math.max(rows, bytes / SMALL_ROW);
        read += counted;
        return counted;
    }

    /** How many rows may be read in a second; without a limit if there are no live writes. */
    synchronized double perSecond() {
        return busy(nanoTime.getAsLong()) ? rate : Double.POSITIVE_INFINITY;
    }

    /** How many rows may be read at once: pages are small while few may be read, so that none of them holds a write up for long. */
    int most(int pageSize) {
        return (int) Math.min(pageSize, Math.max(SMALL_PAGE, perSecond() / PAGES_PER_SECOND));
    }
}
