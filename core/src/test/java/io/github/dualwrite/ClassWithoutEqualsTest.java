package io.github.dualwrite;

import static io.github.dualwrite.fake.Rig.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.fake.Tasks;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.RecordFields;
import io.github.dualwrite.spi.StoreContext;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("DW-6")
class ClassWithoutEqualsTest {

    /** As an entity of an object-relational mapper may be. */
    private static final class Entity {
        private final String id;
        private final String text;

        Entity(String id, String text) {
            this.id = id;
            this.text = text;
        }

        Entity copy() {
            return new Entity(id, text);
        }
    }

    private final InMemoryStore<String, Entity> primary = InMemoryStore.keyedBy(entity -> entity.id);
    private final InMemoryStore<String, Entity> secondary = InMemoryStore.keyedBy(entity -> entity.id);
    private final Recorder events = new Recorder();

    /** The primary, giving a new object with each read, as a database does. */
    private AuthorityStore<String, Entity> rereading(@Nullable RecordFields<Entity> fields) {
        return new AuthorityStore<>() {
            @Override
            @SuppressWarnings("unchecked")
            public Authority<String, Entity> openAuthority(StoreContext context) {
                Authority<String, Entity> real = primary.openAuthority(context);
                return (Authority<String, Entity>) Proxy.newProxyInstance(
                        Authority.class.getClassLoader(),
                        new Class<?>[] {Authority.class},
                        (proxy, method, arguments) -> {
                            try {
                                Object answer = method.invoke(real, arguments);
                                return method.getName().equals("read")
                                        ? ((Optional<Entity>) answer).map(Entity::copy)
                                        : answer;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }

            @Override
            public Optional<RecordFields<Entity>> fields() {
                return Optional.ofNullable(fields);
            }
        };
    }

    private void read(AuthorityStore<String, Entity> authority, @Nullable RecordComparator<Entity> comparator) {
        Tasks tasks = new Tasks();
        DualWriteRepositoryBuilder<String, Entity> builder = DualWriteRepository.builder(
                        "entities", authority, secondary)
                .readRoute(ReadRoute.parse("primary shadow 100%"))
                .backfillComplete(() -> true)
                .reconcileInBackground(false)
                .shadowSettings(ShadowSettings.builder()
                        .timeout(Duration.ofSeconds(20))
                        .rechecks(0)
                        .executor(tasks)
                        .build())
                .listener(events);
        if (comparator != null) {
            builder.comparator(comparator);
        }
        try (DualWriteRepository<String, Entity> repository = builder.build()) {
            repository.save(new Entity("a", "ours"));
            eventually(() -> assertThat(primary.pending("entities")).isZero());
            secondary
                    .openAuthority(new StoreContext("bypassing", Duration.ZERO))
                    .save(new Entity("a", "theirs"));
            repository.read("a");
            tasks.run();
        }
    }

    @Test
    void itsFieldsAreComparedAsTheMappingKnowsThem() {
        read(rereading(RecordFields.of(Map.of("id", entity -> entity.id, "text", entity -> entity.text))), null);
        assertThat(events.of(DualWriteEvent.ShadowCompared.class))
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.result()).isEqualTo(ShadowResult.DIFFERENT);
                    assertThat(e.fields()).containsExactly("text");
                });
    }

    @Test
    void withoutAMappingThatKnowsThemTheComparisonFailsAndSaysWhatToDo() {
        read(rereading(null), null);
        assertThat(failed())
                .singleElement()
                .satisfies(e -> assertThat(e.error())
                        .hasMessageContaining("has no equals")
                        .hasMessageContaining("comparator")
                        .hasMessageNotContaining("ours"));
        assertThat(events.of(DualWriteEvent.ShadowCompared.class)).isEmpty();
    }

    @Test
    void aComparatorThatFindsNoRecordEqualToItselfIsToldOf() {
        read(rereading(null), (ours, theirs) -> ours == theirs ? Set.of() : Set.of("object"));
        assertThat(failed())
                .isNotEmpty()
                .allSatisfy(e -> assertThat(e.error()).hasMessageContaining("equal to itself"));
    }

    private List<DualWriteEvent.ShadowFailed> failed() {
        return events.of(DualWriteEvent.ShadowFailed.class).stream()
                .filter(e -> e.step() == ShadowStep.COMPARATOR)
                .toList();
    }
}
