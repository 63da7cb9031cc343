// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_TESTING_SCRIPTED_OPERATION_HPP
#define RESIL_TESTING_SCRIPTED_OPERATION_HPP

#include <resil/attempt.hpp>
#include <resil/core/saturate.hpp>
#include <resil/error.hpp>
#include <resil/timer_service.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace resil::testing {

/// What a scripted operation was told when it was started.
struct scripted_start
{
    int number = 0; ///< The attempt's number; 0 if not told its attempt.
    time_point deadline = time_point::max(); ///< The attempt's deadline.
    duration remaining = duration::max();    ///< The time left until then.
    std::string key{};                       ///< Only after `records_keys()`.
};

/// What is private to the scripted operation.
namespace scripted_detail {

/// What one start does.
template <class... T>
struct step
{
    enum class kind
    {
        completes,
        hangs,
        drops,
        throws
    };

    kind what = kind::completes;
    error_code error{};
    std::tuple<T...> values{};
    duration after = duration::zero();
    bool within_initiation = false;
    boost::asio::cancellation_type_t heeds = boost::asio::cancellation_type::all;
    bool not_sent = false;
};

/// The steps, and what was recorded; shared by all copies of an operation.
template <class... T>
class script
{
public:
    using step_type = step<T...>;

    step_type& add(step_type s)
    {
        std::lock_guard lock(mutex_);
        return steps_.emplace_back(std::move(s));
    }

    /// Lets a function change the step that was written last.
    template <class Function>
    void change_last(Function f)
    {
        std::lock_guard lock(mutex_);
        if (steps_.empty()) {
            steps_.emplace_back();
        }
        f(steps_.back());
    }

    /// Lets a function look at the record, or change it.
    template <class Function>
    auto with_record(Function f)
    {
        std::lock_guard lock(mutex_);
        return f(*this);
    }

    /// Records a start, and returns the step that is its turn.
    step_type begin(scripted_start start)
    {
        std::lock_guard lock(mutex_);
        starts.push_back(std::move(start));
        peak = std::max(peak, ++in_flight);
        if (steps_.empty()) {
            return {};
        }
        auto& chosen = steps_[std::min(next_, steps_.size() - 1)];
        ++next_;
        if constexpr ((std::copy_constructible<T> && ...)) {
            return chosen;
        } else {
            return std::move(chosen);
        }
    }

    /// Returns what a start is told by its attempt, if there is one.
    scripted_start what_is_told(attempt const* about) const
    {
        scripted_start told;
        if (about) {
            told.number = about->number();
            told.deadline = about->deadline();
            told.remaining = about->remaining();
            told.key = keeps_keys ? about->idempotency_key() : std::string_view();
        }
        return told;
    }

    void end(bool uncalled) noexcept
    {
        std::lock_guard lock(mutex_);
        --in_flight;
        dropped += int(uncalled);
    }

    std::vector<scripted_start> starts;
    std::vector<boost::asio::cancellation_type_t> cancellations;
    int in_flight = 0;
    int peak = 0;
    int dropped = 0;
    bool keeps_keys = false;

private:
    std::mutex mutex_;
    std::vector<step_type> steps_;
    std::size_t next_ = 0;
};

/// Owns a running operation; runs it to its end, or destroys its handler uncalled.
template <class Running>
class completion
{
public:
    using allocator_type = typename Running::allocator_type;

    explicit completion(Running& running) noexcept : running_(&running) {}
    completion(completion&& other) noexcept : running_(std::exchange(other.running_, nullptr))
    {
    }
    completion& operator=(completion&&) = delete;

    ~completion()
    {
        if (running_) {
            running_->end(false);
        }
    }

    allocator_type get_allocator() const noexcept { return running_->allocator(); }

    void release() noexcept { running_ = nullptr; }

    void operator()() { std::exchange(running_, nullptr)->end(true); }

private:
    Running* running_;
};

/// One start, from its initiation to its end. Waits in the timer service, as work of its
/// context, and is destroyed with that.
template <class Handler, class... T>
class running final : public timer_service::timer, public timer_service::parked
{
public:
    using script_type = script<T...>;
    using step_type = step<T...>;
    using allocator_type = typename boost::asio::associated_allocator<
        Handler, boost::asio::recycling_allocator<void>>::type;

    static running& make(Handler&& handler, std::shared_ptr<script_type> s, step_type todo)
    {
        memory_allocator memory(allocator_of(handler));
        running* const place = std::allocator_traits<memory_allocator>::allocate(memory, 1);
        return *::new (static_cast<void*>(place))
            running(std::move(handler), std::move(s), std::move(todo));
    }

    /// Ends at once, or begins to wait.
    void start()
    {
        bool const hangs = todo_.what == step_type::kind::hangs;
        if (todo_.within_initiation && !hangs) {
            return end(true);
        }
        completion<running> owner(*this);
        listen();
        auto const ex = executor();
        if (hangs || todo_.after > duration::zero()) {
            owner.release();
            wait(ex, hangs);
        } else {
            boost::asio::post(ex, std::move(owner));
        }
    }

    /// Calls the handler, or destroys it uncalled.
    void end(bool call)
    {
        Handler handler(std::move(handler_));
        step_type done = std::move(todo_);
        auto const script_of = std::move(script_);
        memory_allocator memory(allocator_of(handler));
        if (listens_) {
            boost::asio::get_associated_cancellation_slot(handler).clear();
        }
        this->~running();
        std::allocator_traits<memory_allocator>::deallocate(memory, this, 1);
        bool const uncalled = !call || done.what == step_type::kind::drops;
        script_of->end(uncalled);
        if (!uncalled) {
            std::apply([&](auto&... v) { std::move(handler)(done.error, std::move(v)...); },
                       done.values);
        }
    }

    allocator_type allocator() const noexcept { return allocator_of(handler_); }

private:
    using memory_allocator =
        typename std::allocator_traits<allocator_type>::template rebind_alloc<running>;

    struct on_cancel
    {
        running* self;

        void operator()(boost::asio::cancellation_type_t type) const { self->cancelled(type); }
    };

    running(Handler&& handler, std::shared_ptr<script_type> s, step_type todo)
        : timer(told),
          parked(&running::on_parked_orphaned),
          handler_(std::move(handler)),
          script_(std::move(s)),
          todo_(std::move(todo))
    {
    }

    ~running() = default;

    static allocator_type allocator_of(Handler const& handler) noexcept
    {
        return boost::asio::get_associated_allocator(handler,
                                                     boost::asio::recycling_allocator<void>());
    }

    auto executor() const { return boost::asio::get_associated_executor(handler_); }

    template <class Executor>
    static timer_service& service(Executor const& ex)
    {
        boost::asio::execution_context& context =
            boost::asio::query(ex, boost::asio::execution::context);
        return boost::asio::use_service<timer_service>(context);
    }

    void listen()
    {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected()) {
            slot.template emplace<on_cancel>(this);
            listens_ = true;
        }
    }

    // From here on the timer service owns this, which may be gone before the function returns.
    template <class Executor>
    void wait(Executor const& ex, bool hangs)
    {
        waits_ = true;
        try {
            timer_service& time = service(ex);
            hangs ? time.park(*this, ex)
                  : time.arm(*this, core::plus(time.now(), todo_.after), ex);
        } catch (...) {
            end(false);
            throw;
        }
    }

    void cancelled(boost::asio::cancellation_type_t type)
    {
        script_->with_record([&](script_type& s) { s.cancellations.push_back(type); });
        if ((todo_.heeds & type) == boost::asio::cancellation_type::none || !waits_) {
            return;
        }
        auto const ex = executor();
        if (todo_.what == step_type::kind::hangs) {
            service(ex).unpark(*this);
        } else if (!service(ex).disarm(*this)) {
            return;
        }
        waits_ = false;
        todo_ = {};
        todo_.error = boost::asio::error::operation_aborted;
        boost::asio::post(ex, completion<running>(*this));
    }

    static void on_expired(timer& t)
    {
        auto& self = static_cast<running&>(t);
        auto const ex = self.executor();
        boost::asio::dispatch(ex, completion<running>(self));
    }

    static void on_orphaned(timer& t) noexcept { static_cast<running&>(t).end(false); }
    static void on_parked_orphaned(parked& p) noexcept { static_cast<running&>(p).end(false); }

    static constexpr callbacks told{&on_expired, &on_orphaned};

    Handler handler_;
    std::shared_ptr<script_type> script_;
    step_type todo_;
    bool waits_ = false;
    bool listens_ = false;
};

} // namespace scripted_detail

/**
 * Plays an operation that does what a script says: one step for each start, the last one repeated.
 *
 * Its completion signature is `void(error_code, T...)`. Called as `(attempt const&, token)`, as
 * a pipeline does, or as `(token)`. A step completes as Asio's operations do: posted to the
 * handler's associated executor, or, after a time, from the timer service of its context, so
 * that virtual time governs it. While a step waits it is work of its context, listens to all
 * three types of cancellation (it then completes with `operation_aborted`), and is destroyed
 * with the context.
 *
 * `after`, `heeds`, `ignores_cancellation`, `completes_inline` and `not_sent` change the step
 * before them. An operation without steps succeeds with default values.
 *
 * A handle: copies share the script, its position and the record.
 *
 * Thread safety: starting, completing and reading the record are safe from any thread. Write
 * the script before the first start.
 * Exceptions: `bad_alloc` from whatever writes the script or reads the record; a start throws `std::runtime_error` if
 * its step `throws()`.
 * Cost: a step is allocated through the handler's associated allocator; the record grows, see
 * `reserve`.
 *
 * Example:
 *
 *     search.fails(asio::error::connection_reset) // the first start
 *         .succeeds(41).after(50ms)               // the second one, late
 *         .succeeds(42);                          // the third one, and all that follow
 */
template <class... T>
class scripted_operation
{
    using script_type = scripted_detail::script<T...>;
    using step_type = scripted_detail::step<T...>;
    using kind = typename step_type::kind;

    struct initiation
    {
        std::shared_ptr<script_type> script;

        template <class Handler>
        void operator()(Handler&& handler, attempt const* about) const
        {
            using running = scripted_detail::running<std::decay_t<Handler>, T...>;
            step_type todo = script->begin(script->what_is_told(about));
            if (todo.not_sent && about) {
                about->not_sent();
            }
            if (todo.what == kind::throws) {
                script->end(true);
                throw std::runtime_error("resil: this scripted operation throws");
            }
            running::make(std::decay_t<Handler>(std::forward<Handler>(handler)), script,
                          std::move(todo))
                .start();
        }
    };

public:
    /// Begins an empty script.
    scripted_operation() : script_(std::make_shared<script_type>()) {}

    // Steps.

    /// Succeeds with values.
    scripted_operation& succeeds(T... values) { return completes({}, std::move(values)...); }

    /// Fails with an error, and default values.
    scripted_operation& fails(error_code ec)
    {
        step_type s;
        s.error = ec;
        return add(std::move(s));
    }

    /// Completes with an error, or none, and values.
    scripted_operation& completes(error_code ec, T... values)
    {
        step_type s;
        s.error = ec;
        s.values = std::tuple<T...>(std::move(values)...);
        return add(std::move(s));
    }

    /// Completes only when it is cancelled.
    scripted_operation& hangs() { return add(kind::hangs); }

    /// Destroys its handler uncalled.
    scripted_operation& drops() { return add(kind::drops); }

    /// Throws `std::runtime_error` from its initiating function.
    scripted_operation& throws() { return add(kind::throws); }

    // What the last step is like.

    /// Takes some time over it: > 0, else at once.
    scripted_operation& after(duration d)
    {
        return change([d](step_type& s) { s.after = d; });
    }

    /// Lets only these types of cancellation end it; others are recorded.
    scripted_operation& heeds(boost::asio::cancellation_type_t types)
    {
        return change([types](step_type& s) { s.heeds = types; });
    }

    /// Records cancellations, and goes on as if there were none.
    scripted_operation& ignores_cancellation()
    {
        return heeds(boost::asio::cancellation_type::none);
    }

    /// Calls its handler within its initiating function, which Asio forbids; or drops it there.
    scripted_operation& completes_inline()
    {
        return change([](step_type& s) { s.within_initiation = true; });
    }

    /// Tells its attempt that the request was never sent.
    scripted_operation& not_sent()
    {
        return change([](step_type& s) { s.not_sent = true; });
    }

    // What is recorded.

    /// Asks every attempt for the idempotency key, and records it.
    scripted_operation& records_keys()
    {
        script_->with_record([](script_type& s) { s.keeps_keys = true; });
        return *this;
    }

    /// Makes room in the record, so that so many starts and cancellations allocate nothing.
    scripted_operation& reserve(std::size_t n)
    {
        script_->with_record([n](script_type& s) {
            s.starts.reserve(n);
            s.cancellations.reserve(n);
        });
        return *this;
    }

    /// Returns how often it was started.
    int starts() const
    {
        return record([](script_type& s) { return static_cast<int>(s.starts.size()); });
    }

    /// Returns what each start was told, in order.
    std::vector<scripted_start> started() const
    {
        return record([](script_type& s) { return s.starts; });
    }

    /// Returns the number of each start's attempt.
    std::vector<int> numbers() const { return column(&scripted_start::number); }

    /// Returns the key of each start's attempt; see `records_keys`.
    std::vector<std::string> keys() const { return column(&scripted_start::key); }

    /// Returns the deadline of each start's attempt.
    std::vector<time_point> deadlines() const { return column(&scripted_start::deadline); }

    /// Returns the time that each start's attempt had left.
    std::vector<duration> remaining() const { return column(&scripted_start::remaining); }

    /// Returns the cancellations that arrived at all starts, in order.
    std::vector<boost::asio::cancellation_type_t> cancellations() const
    {
        return record([](script_type& s) { return s.cancellations; });
    }

    /// Returns how many starts have not ended.
    int in_flight() const
    {
        return record([](script_type& s) { return s.in_flight; });
    }

    /// Returns how many there were at once, at most.
    int peak() const
    {
        return record([](script_type& s) { return s.peak; });
    }

    /// Returns how many handlers were destroyed uncalled.
    int dropped() const
    {
        return record([](script_type& s) { return s.dropped; });
    }

    // Being an operation.

    /// Starts the next step, and records what the attempt tells.
    template <class Token>
    auto operator()(attempt const& about, Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(error_code, T...)>(initiation{script_},
                                                                          token, &about);
    }

    /// Starts the next step, of an operation that is not told its attempt.
    template <class Token>
        requires(!std::same_as<std::remove_cvref_t<Token>, attempt>)
    auto operator()(Token&& token) const
    {
        return boost::asio::async_initiate<Token, void(error_code, T...)>(
            initiation{script_}, token, static_cast<attempt const*>(nullptr));
    }

private:
    scripted_operation& add(step_type s)
    {
        script_->add(std::move(s));
        return *this;
    }

    scripted_operation& add(kind what)
    {
        step_type s;
        s.what = what;
        return add(std::move(s));
    }

    template <class Function>
    scripted_operation& change(Function f)
    {
        script_->change_last(std::move(f));
        return *this;
    }

    template <class Function>
    auto record(Function f) const
    {
        return script_->with_record(std::move(f));
    }

    template <class Member>
    std::vector<Member> column(Member scripted_start::*member) const
    {
        std::vector<Member> values;
        for (scripted_start const& s : started()) {
            values.push_back(s.*member);
        }
        return values;
    }

    std::shared_ptr<script_type> script_;
};

} // namespace resil::testing

#endif // RESIL_TESTING_SCRIPTED_OPERATION_HPP
