package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Moves the reads to DynamoDB, step by step, while traffic runs, and sees who answers. For one thread. */
final class Ramp {

    private static final List<String> ROUTES = List.of("secondary 1%", "secondary 10%", "secondary 50%", "secondary");
    private static final int READS = 100;
    private static final int READS_WITHOUT_LUCK = 500;

    private final ReadRouteSwitch flag;
    private final Answers answers;
    private final Tally tally;
    private final Progress progress;
    private final Map<FallbackReason, Long> reasonsBefore;
    private final List<Step> steps = new ArrayList<>();

    private record Step(ReadRoute route, Answers.Share before) {}

    Ramp(ReadRouteSwitch flag, Answers answers, Tally tally, Progress progress) {
        this.flag = flag;
        this.answers = answers;
        this.tally = tally;
        this.progress = progress;
        this.reasonsBefore = tally.fallbackReasons();
    }

    /** Takes each step when the one before has seen enough reads; ends with all reads on DynamoDB. */
    void run(Observer observer) throws InterruptedException {
        for (String text : ROUTES) {
            ReadRoute route = ReadRoute.parse(text);
            Step step = new Step(route, answers.under(route));
            steps.add(step);
            flag.set(route);
            observer.watch(text, 0, "there were enough reads", () -> {
                Answers.Share seen = seen(step);
                // at 1 % it can take a while until a key is read that is in
                return seen.reads() - seen.fallbacks() >= (seen.bySecondary() > 0 ? READS : READS_WITHOUT_LUCK);
            });
            observer.advance(1.0 / ROUTES.size());
            Answers.Share seen = seen(step);
            progress.tell("   " + text + ": DynamoDB answered " + seen.bySecondary() + " of " + seen.reads()
                    + " reads of single keys, PostgreSQL " + seen.fallbacks() + " in its stead.");
        }
    }

    private Answers.Share seen(Step step) {
        return answers.under(step.route()).minus(step.before());
    }

    /** The reads of all steps; exact when traffic has stopped. */
    Answers.Share all() {
        return steps.stream().map(this::seen).reduce(Answers.Share.NONE, Answers.Share::plus);
    }

    /** The reads of the last step. */
    Answers.Share last() {
        return steps.isEmpty() ? Answers.Share.NONE : seen(steps.get(steps.size() - 1));
    }

    /** Why the primary answered in the secondary's stead since this ramp was made, batches included. */
    Map<FallbackReason, Long> fallbacks() {
        Map<FallbackReason, Long> reasons = tally.fallbackReasons();
        reasons.replaceAll((reason, count) -> count - reasonsBefore.getOrDefault(reason, 0L));
        reasons.values().removeIf(count -> count == 0);
        return reasons;
    }
}
